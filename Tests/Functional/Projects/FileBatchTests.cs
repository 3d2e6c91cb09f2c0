using System.Text.Json;
using ChunkUpload.Tests.Functional.Api;
using ChunkUpload.Tests.Functional.Events;
using ChunkUpload.Tests.Support;
using Dapper;
using Npgsql;
using static ChunkUpload.Tests.Functional.Projects.DeviceRig;

namespace ChunkUpload.Tests.Functional.Projects;

/// <summary>A member asks for a folder: a transfer for each file, listed, answered and cancelled as one.</summary>
[Collection(DeviceCollection.Name)]
public sealed class FileBatchTests(ApiFixture fixture)
{
    private static readonly string[] Files = ["/line-14/raw/a.bin", "/line-14/raw/b.bin", "/line-14/raw/deep/c.bin"];

    private readonly TestService _service = fixture.Service;

    [Fact]
    public async Task A_folder_is_asked_for_listed_and_approved_as_one()
    {
        var rig = await StartAsync();
        await using var heard = await SseReader.OpenAsync(rig.Mara.Client, "/api/events");
        await heard.NextAsync();
        var id = Guid.NewGuid();
        var asked = await AskAsync(rig, new { prefix = "/line-14/raw/", batch_id = id });
        Assert.Equal((true, id, id), (
            asked.GetProperty("success").GetBoolean(), asked.GetProperty("batch_id").GetGuid(),
            asked.GetProperty("download_id").GetGuid()));
        Assert.Empty(asked.GetProperty("rejected").EnumerateArray());
        // A repeated request is the same request, and not that of another member.
        await AskAsync(rig, new { prefix = "/line-14/raw/", batch_id = id });
        await SendAsync(
            rig.Mara.Client, HttpMethod.Post, $"/api/projects/{rig.Project}/files/download", new { prefix = "/", batch_id = id }, 404,
            "no_such_project");

        // The device's user sees one request, and what is in it, by path.
        var waiting = Assert.Single(await BatchesAsync(rig, rig.Mara, "mine=requests"));
        Assert.Equal(("/line-14/raw/", "source", "pending", "waiting", 3, 3, 60L), (
            Text(waiting, "prefix"), Text(waiting, "role"), Text(waiting, "status"), Text(waiting, "approval"), Number(waiting, "files"),
            Number(waiting, "waiting"), waiting.GetProperty("total_bytes").GetInt64()));
        Assert.Empty(await rig.ListAsync(rig.Mara, "mine=requests&batch=none"));
        Assert.Equal(Files, await PathsAsync(rig, rig.Mara, $"batch={id}&limit=2"));
        Assert.Empty(await rig.ListAsync(rig.Mara, "mine=serving"));

        // Nobody else sees or answers it.
        var jun = await DeviceRig.StartAsync(_service, "Jun");
        await rig.JoinAsync(jun);
        Assert.Empty(await BatchesAsync(rig, jun, ""));
        await SendAsync(jun.Client, HttpMethod.Get, Batch(rig, id), null, 404, "no_such_transfer");
        await SendAsync(jun.Client, HttpMethod.Post, $"{Batch(rig, id)}/approve", null, 404, "no_such_transfer");
        await SendAsync(rig.Ines.Client, HttpMethod.Post, $"{Batch(rig, id)}/approve", null, 403, "not_permitted");

        var approved = await SendAsync(rig.Mara.Client, HttpMethod.Post, $"{Batch(rig, id)}/approve", null, 200);
        Assert.Equal(("approved", 0, 3), (Text(approved, "approval"), Number(approved, "waiting"), Number(approved, "pending")));
        // The answer is in the audit, once, without a path.
        await SendAsync(rig.Mara.Client, HttpMethod.Post, $"{Batch(rig, id)}/approve", null, 200);
        // In the order in which the receiver lists them, with one event for the device.
        Assert.Equal(Files, await PathsAsync(rig, rig.Mara, "mine=serving"));
        await using var connection = new NpgsqlConnection(_service.ConnectionString);
        Assert.Equal(1, await connection.ExecuteScalarAsync<int>(
            "select count(*)::int from chunkupload.events where kind = 'file_requested' and data->>'project' = @Project",
            new { Project = rig.Project.ToString("n") }));

        var audited = Assert.Single(await connection.QueryAsync<string>(
            """
            select data::text from (
                select kind, object, data from chunkupload.audit union all select kind, object, data from chunkupload.audit_arrivals) a
            where kind = 'project.request_approved' and object = @Project
            """,
            new { Project = rig.Project.ToString("n") }));
        Assert.Contains(id.ToString("n"), audited, StringComparison.Ordinal);
        Assert.DoesNotContain("line-14", audited, StringComparison.Ordinal);

        // The receiver that looks at the batch is there for all of it.
        await SendAsync(rig.Ines.Client, HttpMethod.Get, Batch(rig, id), null, 200);
        foreach (var transfer in await rig.ListAsync(rig.Mara, "mine=serving"))
        {
            await rig.ClaimAsync(transfer);
            await rig.SendAllAsync(await rig.SessionAsync(transfer, 20), ApiClient.Bytes(20));
            await rig.PatchAsync(rig.Ines, transfer, new { status = "completed", hash = ApiClient.Hex(ApiClient.Bytes(20)) });
        }

        var done = await SendAsync(rig.Ines.Client, HttpMethod.Get, Batch(rig, id), null, 200);
        Assert.Equal(("completed", 3, 100.0, 60L, "requester"), (
            Text(done, "status"), Number(done, "completed"), done.GetProperty("percent_complete").GetDouble(),
            done.GetProperty("bytes_transferred").GetInt64(), Text(done, "role")));
        Assert.Empty(await BatchesAsync(rig, rig.Ines, "open=true"));
    }

    [Fact]
    public async Task A_batch_is_declined_or_cancelled_as_one_and_names_what_it_refuses()
    {
        var rig = await StartAsync();
        var id = (await AskAsync(rig, new { paths = new[] { Files[0], Files[2], Files[0], "/line-14/none" } })).GetProperty("batch_id")
            .GetGuid();
        var declined = await SendAsync(rig.Mara.Client, HttpMethod.Post, $"{Batch(rig, id)}/decline", null, 200);
        Assert.Equal(("failed", "declined", 2), (Text(declined, "status"), Text(declined, "approval"), Number(declined, "failed")));
        // Within the hour, only the file that was not declined is asked for.
        var again = await AskAsync(rig, new { prefix = "/line-14" });
        Assert.Equal(
            [(Files[0], "declined_lately"), (Files[2], "declined_lately")],
            again.GetProperty("rejected").EnumerateArray().Select(one => (Text(one, "path"), Text(one, "code"))));
        id = again.GetProperty("batch_id").GetGuid();
        // An open request of the same version joins the next batch.
        var open = Assert.Single(await rig.ListAsync(rig.Ines, $"batch={id}"));
        await rig.RuleAsync(new { approval = "always" });
        var next = (await AskAsync(rig, new { paths = new[] { Files[1], "/line-14/none" } })).GetProperty("batch_id").GetGuid();
        Assert.Equal([open], await rig.ListAsync(rig.Ines, $"batch={next}"));

        await SendAsync(rig.Mara.Client, HttpMethod.Delete, Batch(rig, next), null, 403, "not_permitted");
        var cancelled = await SendAsync(rig.Ines.Client, HttpMethod.Delete, Batch(rig, next), null, 200);
        Assert.Equal(("cancelled", 1), (Text(cancelled, "status"), Number(cancelled, "cancelled")));
        await SendAsync(rig.Ines.Client, HttpMethod.Delete, Batch(rig, next), null, 200);
        Assert.Equal("cancelled", Text(await rig.RowAsync(open), "status"));

        await rig.RuleAsync(new { approval = "never" });
        var never = await AskAsync(rig, new { prefix = "/" });
        Assert.False(never.GetProperty("success").GetBoolean());
        Assert.Contains(never.GetProperty("rejected").EnumerateArray(), one => Text(one, "code") == "not_permitted");
        await rig.AskRefusedAsync(new { prefix = "/elsewhere/" }, 404, "no_such_file");
        await rig.AskRefusedAsync(new { prefix = "/line-14/", file_path = Files[0] }, 400, "invalid_field");
        await rig.AskRefusedAsync(new { paths = Array.Empty<string>() }, 400, "invalid_field");
        await rig.AskRefusedAsync(new { paths = Enumerable.Range(0, 10_001).Select(one => $"/{one}") }, 400, "invalid_field");
    }

    [Fact]
    public async Task Ten_thousand_files_are_one_request_and_more_are_refused()
    {
        var rig = await AskRig.StartAsync(_service, 5);
        await using var connection = new NpgsqlConnection(_service.ConnectionString);
        // As if the device had told them.
        await connection.ExecuteAsync(
            """
            insert into chunkupload.remote_files (project_id, path_sha256, file_path, folder_id, size, mime_type, modified_at, sequence)
            select @Project, sha256(convert_to('/line-14/many/' || n, 'UTF8')), '/line-14/many/' || n, @Folder, 1, 'text/plain', now(), 1
            from generate_series(1, 10000) n
            """,
            new { rig.Project, rig.Mara.Folder });
        await rig.AskRefusedAsync(new { prefix = "/line-14/" }, 409, "too_many_transfers");
        var asked = await AskAsync(rig, new { prefix = "/line-14/many/" });
        var id = asked.GetProperty("batch_id").GetGuid();
        Assert.Equal(10_000, Number(asked.GetProperty("batch"), "waiting"));
        // The member's 10,000 are all open.
        await rig.AskRefusedAsync(new { file_path = AskRig.Path }, 409, "too_many_transfers");
        await SendAsync(rig.Mara.Client, HttpMethod.Post, $"{Batch(rig, id)}/approve", new { @for = "folder" }, 200);
        Assert.Equal(10_000, Number(await SendAsync(rig.Ines.Client, HttpMethod.Delete, Batch(rig, id), null, 200), "cancelled"));
        // The approval holds for the folder.
        var transfer = await rig.AskAsync();
        Assert.Equal("approved", Text(await rig.RowAsync(transfer), "approval"));
    }

    private async Task<AskRig> StartAsync()
    {
        var rig = await AskRig.StartAsync(_service, 5);
        await rig.Mara.TellAsync(rig.Project, [.. Files.Select(path => Upsert(path, 20)), new { op = "delete", path = AskRig.Path }]);
        return rig;
    }

    private static string Batch(AskRig rig, Guid id) => $"/api/projects/{rig.Project}/batches/{id}";

    private static Task<JsonElement> AskAsync(AskRig rig, object body) =>
        SendAsync(rig.Ines.Client, HttpMethod.Post, $"/api/projects/{rig.Project}/files/download", body, 202);

    private static async Task<List<JsonElement>> BatchesAsync(AskRig rig, DeviceRig who, string query) =>
        [.. (await who.GetAsync($"/api/projects/{rig.Project}/batches?{query}")).GetProperty("batches").EnumerateArray()];

    /// <summary>All pages.</summary>
    private static async Task<List<string?>> PathsAsync(AskRig rig, DeviceRig who, string query)
    {
        var paths = new List<string?>();
        for (string? cursor = ""; cursor is not null;)
        {
            var page = await who.GetAsync($"{rig.Transfers}?{query}{(cursor.Length > 0 ? $"&cursor={cursor}" : "")}");
            paths.AddRange(page.GetProperty("transfers").EnumerateArray().Select(one => Text(one, "file_path")));
            cursor = page.GetProperty("next_cursor").GetString();
        }

        return paths;
    }

    private static string? Text(JsonElement json, string name) => json.GetProperty(name).GetString();

    private static int Number(JsonElement json, string name) => json.GetProperty(name).GetInt32();
}
