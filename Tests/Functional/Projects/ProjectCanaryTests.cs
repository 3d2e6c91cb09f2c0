using ChunkUpload.Tests.Functional.Api;
using ChunkUpload.Tests.Functional.Events;
using ChunkUpload.Tests.Support;
using Dapper;
using Npgsql;
using static ChunkUpload.Tests.Functional.Projects.DeviceRig;

namespace ChunkUpload.Tests.Functional.Projects;

/// <summary>
/// A project with a canary in each of its secrets: what is told to an operator who listens to all, kept as events, webhooks and audit, and
/// written into the log has none of them.
/// </summary>
[Collection(DeviceCollection.Name)]
public sealed class ProjectCanaryTests(ApiFixture fixture)
{
    private const string Canary = "canary-4711";

    // A private address that no test has otherwise.
    private const string Address = "192.0.2.211";

    private readonly TestService _service = fixture.Service;

    [Fact]
    public async Task No_path_token_key_or_address_of_a_device_leaves_the_project()
    {
        var path = $"/line-14/{Canary}/{Canary}.bin";
        var content = ApiClient.Bytes(50);
        await using var heard = await SseReader.OpenAsync(_service.Client, "/api/events?scope=all");
        var told = new List<string>();
        var (mara, ines) = (await StartAsync(_service, "Mara"), await StartAsync(_service, "Ines"));
        await SendAsync(
            mara.Client, HttpMethod.Post, "/api/devices", new { name = "laptop", platform = "linux", addresses = new[] { Address } }, 200);
        var project = await mara.ProjectAsync("Skagen 2026");
        await mara.ServeAsync(project, "/line-14");
        await mara.TellAsync(project, [Upsert(path, 50), Upsert($"{path}2", 50)]);
        var link = (await SendAsync(mara.Client, HttpMethod.Post, $"/api/projects/{project}/invitations", new { }, 201))
            .GetProperty("link").GetString()!;
        var token = link.Split('/')[^1];
        await SendAsync(ines.Client, HttpMethod.Post, "/api/projects/join", new { token }, 200);
        var rig = new AskRig(_service, mara, ines, project);
        var single = await rig.AskAsync(path: path);
        await rig.ActAsync(mara, single, "approve", new { @for = "folder" });
        await rig.ClaimAsync(single);
        await rig.SendAllAsync(await rig.SessionAsync(single, 50), content);
        using (var read = await rig.ContentAsync(single))
            Assert.Equal(content, await read.Content.ReadAsByteArrayAsync());
        await rig.PatchAsync(ines, single, new { status = "completed", hash = ApiClient.Hex(content) });
        var batch = (await SendAsync(
            ines.Client, HttpMethod.Post, $"/api/projects/{project}/files/download", new { prefix = $"/line-14/{Canary}/" }, 202))
            .GetProperty("batch_id").GetGuid();
        await SendAsync(ines.Client, HttpMethod.Delete, $"/api/projects/{project}/batches/{batch}", null, 200);
        await rig.AskRefusedAsync(new { file_path = $"/{Canary}/../{Canary}" }, 404, "no_such_file");
        await rig.RemoveAsync();

        while (told.Count == 0 || !told[^1].Contains("member_left", StringComparison.Ordinal)
            || !told[^1].Contains(project.ToString("n"), StringComparison.Ordinal))
        {
            var next = await heard.NextAsync();
            told.Add($"{next.Name} {next.Json.GetRawText()}");
        }

        Assert.Contains(told, one => one.Contains(single.ToString("n"), StringComparison.Ordinal));
        var key = mara.Client.DefaultRequestHeaders.Authorization!.Parameter!;
        string[] secrets = [Canary, Address, token, key];
        await using var connection = new NpgsqlConnection(_service.ConnectionString);
        foreach (var table in (string[])["events", "audit", "audit_arrivals", "webhook_deliveries"])
        {
            foreach (var secret in secrets)
            {
                Assert.True(
                    0 == await connection.ExecuteScalarAsync<int>(
                        $"select count(*)::int from chunkupload.{table} t where strpos(t::text, @secret) > 0", new { secret }),
                    $"{table} has {secret}");
            }
        }

        foreach (var secret in secrets)
        {
            Assert.DoesNotContain(told, one => one.Contains(secret, StringComparison.Ordinal));
            Assert.DoesNotContain(_service.Log.All, line => line.Contains(secret, StringComparison.Ordinal));
        }
    }
}
