using System.Net;
using System.Net.Http.Json;
using ChunkUpload.Core.Access;
using ChunkUpload.Tests.Functional.Access;
using ChunkUpload.Tests.Functional.Api;
using ChunkUpload.Tests.Support;
using Dapper;
using Npgsql;

namespace ChunkUpload.Tests.Browser;

/// <summary>What new persons do in the console without a word of help.</summary>
public sealed class WalkTests(PostgresFixture postgres) : IClassFixture<PostgresFixture>, IDisposable
{
    private readonly ConsoleRig _rig = new();

    public void Dispose() => _rig.Dispose();

    [ConsoleFact]
    public async Task A_private_person_sends_shares_finds_and_makes_a_second_space()
    {
        var (path, bytes) = _rig.File("letter.txt", 2000);
        await using var service = await ConsoleRig.ServiceAsync(postgres);
        using var browser = ConsoleRig.Start("newPerson", service.Address, service.Key, await InviteAsync(service), path);
        var (result, _) = await ConsoleRig.EndAsync(browser);
        Assert.EndsWith("as letter (2).txt", result.GetProperty("kept").GetString(), StringComparison.Ordinal);
        Assert.Equal("Download", result.GetProperty("word").GetString());
        Assert.Equal("letter.txt", result.GetProperty("fetched").GetString());
        Assert.Equal("My files", result.GetProperty("was").GetString());
        Assert.Equal("All spaces", result.GetProperty("everywhere").GetString());
        Assert.Equal(["My files", "Shared files"], result.GetProperty("spaces").EnumerateArray().Select(name => name.GetString()!.Trim()));
        Assert.Equal("Member", result.GetProperty("role").GetString());
        using var guest = service.CreateClient(withKey: false);
        Assert.Equal(bytes, await guest.GetByteArrayAsync(new Uri(result.GetProperty("address").GetString() + "/content")));
    }

    [ConsoleFact]
    public async Task A_phone_offers_nothing_to_drop_and_names_the_space_that_is_open()
    {
        await using var service = await ConsoleRig.ServiceAsync(postgres);
        using var browser = ConsoleRig.Start("newPersonOnPhone", service.Address, service.Key, await InviteAsync(service));
        var (result, _) = await ConsoleRig.EndAsync(browser);
        Assert.DoesNotContain("Drop", result.GetProperty("dropped").GetString(), StringComparison.OrdinalIgnoreCase);
        Assert.DoesNotContain("paste", result.GetProperty("dropped").GetString(), StringComparison.OrdinalIgnoreCase);
        Assert.False(result.GetProperty("cut").GetBoolean());
        Assert.False(result.GetProperty("cutToo").GetBoolean());
    }

    [ConsoleFact]
    public async Task News_of_many_transfers_is_one_button_and_no_band_on_every_page()
    {
        await using var rig = await TransferRig.StartAsync();
        await using var service = await ConsoleRig.ServiceAsync(postgres, rig.Settings);
        using var browser = ConsoleRig.Start("manyNotices", service.Address, service.Key);
        var (result, _) = await ConsoleRig.EndAsync(browser);
        Assert.Equal(0, result.GetProperty("bands").GetInt32());
        Assert.Equal("1 for you", result.GetProperty("text").GetString());
        Assert.Equal(
            ["Logs waits for you.", "Scans has failed.", "2 transfers are done.", "I have seen this"],
            result.GetProperty("lines").EnumerateArray().Select(line => line.GetString()));
        Assert.Equal(4, result.GetProperty("gone").GetArrayLength());
        Assert.Contains("Photos is done.", result.GetProperty("alone").GetString(), StringComparison.Ordinal);
    }

    [ConsoleFact]
    public async Task What_an_operator_looks_at_often_fits_into_a_window()
    {
        await using var rig = await TransferRig.StartAsync();
        await using var service = await ConsoleRig.ServiceAsync(
            postgres, new Dictionary<string, string>(rig.Settings) { ["Jobs:Enabled"] = "true" });
        await using (var connection = new NpgsqlConnection(service.ConnectionString))
        {
            await connection.ExecuteAsync("""
                insert into chunkupload.job_runs (job, by_hand, node, started_at, ended_at, duration_ms, outcome, summary, counts)
                select 'trim-history', false, 'node', now() - n * interval '1 day', now(), 5, 'succeeded', 'Nothing.', '{}'
                from generate_series(1, 15) n
                """);
        }

        var people = new TestPeople(service);
        for (var i = 0; i < 6; i++)
            (await people.ClientAsync(await people.UserAsync($"Person {i}", Role.Member))).Dispose();
        using var browser = ConsoleRig.Start("fitting", service.Address, service.Key);
        var (scrolled, _) = await ConsoleRig.EndAsync(browser);
        Assert.Empty(scrolled.EnumerateArray().Select(screen => screen.GetString()));
    }

    [ConsoleFact]
    public async Task A_link_without_a_title_is_called_by_its_folder()
    {
        await using var service = await ConsoleRig.ServiceAsync(postgres);
        var links = new LinkClient(service);
        try
        {
            await links.MakeAsync(new { kind = "upload", path = "deliveries/asked", parents = true });
            await links.MakeAsync(new { kind = "upload", path = "" });
            using var browser = ConsoleRig.Start("untitledLink", service.Address, service.Key);
            var (names, _) = await ConsoleRig.EndAsync(browser);
            var called = names.EnumerateArray().Select(name => name.GetString()!.Trim()).Order(StringComparer.Ordinal);
            Assert.Equal(["Shared files", "asked"], called);
        }
        finally
        {
            links.Close();
        }
    }

    private static async Task<string> InviteAsync(TestService service)
    {
        using var answer = await service.Client.PostAsJsonAsync(ApiClient.At("/api/users"), new { name = "petra", role = "member" });
        var made = await ApiClient.JsonAsync(answer, HttpStatusCode.Created);
        return made.GetProperty("invitation").GetProperty("link").GetString()!.Split("#link=")[1];
    }
}
