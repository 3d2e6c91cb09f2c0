using System.Net;
using System.Security.Cryptography;
using System.Text.Json;
using ChunkUpload.Core.Jobs;
using ChunkUpload.Tests.Functional.Api;
using ChunkUpload.Tests.Support;
using Dapper;
using Microsoft.Extensions.DependencyInjection;
using Npgsql;

namespace ChunkUpload.Tests.Functional.Files;

/// <summary>The changes of a space: in order, without gaps, none twice; and reset where they are not known.</summary>
public sealed class ChangeFeedTests(PostgresFixture postgres) : IClassFixture<PostgresFixture>
{
    [Fact]
    public async Task Every_change_comes_once_and_in_order_with_the_entry_as_it_was()
    {
        await using var service = await TestService.StartAsync(postgres);
        var tree = new TreeClient(service, "r");
        var start = await ReadAsync(service, "since=now");
        Assert.Equal((0, false, false), Shape(start));
        var file = (await tree.PutAsync("d/a", "one")).GetProperty("id").GetString();
        await tree.PutAsync("d/a", "two", status: HttpStatusCode.OK);
        await tree.PatchAsync("d/a", new { name = "b" });
        await tree.PatchAsync("d/b", new { mode = "0600" });
        await RemoveAsync(tree, "d");
        var folder = (await ReadAsync(service, "")).GetProperty("items")[1].GetProperty("entry").GetProperty("id").GetString();
        (await tree.SendAsync(HttpMethod.Post, new Uri($"/api/trash/{folder}/restore", UriKind.Relative))).Dispose();

        var changes = await AllAsync(service, "limit=3");

        Assert.Equal(
            Enumerable.Range(1, changes.Count).Select(number => (long)number), changes.Select(c => c.GetProperty("number").GetInt64()));
        Assert.Equal(
            ["created r", "created d", "created a", "replaced a", "moved b", "changed b", "removed d", "restored d"],
            changes.Select(c => $"{c.GetProperty("kind").GetString()} {Entry(c, "name")}"));
        Assert.All(changes, change => Assert.Equal("operator", change.GetProperty("by").GetString()));
        var changed = changes[5].GetProperty("entry");
        Assert.Equal((file, folder, "0600", 2), (Entry(changes[5], "id"), Entry(changes[5], "parent"), Entry(changes[5], "mode"),
            changed.GetProperty("version").GetInt32()));
        Assert.Equal(ApiClient.Hex("two"u8), Entry(changes[5], "sha256"));
        Assert.Equal(changes.Count, (await AllAsync(service, $"since={Cursor(start)}")).Count);
        var end = await ReadAsync(service, "");
        Assert.Equal((0, false, false), Shape(await ReadAsync(service, $"since={Cursor(end)}")));
    }

    [Fact]
    public async Task No_change_appears_behind_a_reader_while_four_clients_write()
    {
        await using var service = await TestService.StartAsync(postgres);
        const int files = 25;
        var writers = Task.WhenAll(Enumerable.Range(0, 4).Select(async writer =>
        {
            var tree = new TreeClient(service, "r");
            for (var count = 0; count < files; count++)
                await tree.PutAsync($"{writer}/{count}", "x");
        }));
        var seen = new List<long>();
        var query = "";
        bool over;
        do
        {
            over = writers.IsCompleted;
            var page = await ReadAsync(service, query);
            seen.AddRange(page.GetProperty("items").EnumerateArray().Select(item => item.GetProperty("number").GetInt64()));
            query = $"since={Cursor(page)}";
        }
        while (!over);
        await writers;

        Assert.Equal(Enumerable.Range(1, 1 + 4 + (4 * files)).Select(number => (long)number), seen);
    }

    [Fact]
    public async Task A_cursor_older_than_the_kept_changes_is_reset()
    {
        await using var service = await TestService.StartAsync(postgres);
        var tree = new TreeClient(service, "r");
        await tree.PutAsync("a", "one");
        var old = Cursor(await ReadAsync(service, "limit=1"));
        var last = Cursor(await ReadAsync(service, "since=now"));
        await using var connection = await OpenAsync(service);
        await connection.ExecuteAsync("update chunkupload.changes set at = now() - interval '31 days'");
        var trim = service.Services.GetServices<IMaintenanceJob>().Single(job => job.Name == "trim-history");
        await trim.RunAsync(new Support.Maintenance.SilentProgress(), CancellationToken.None);
        await tree.PutAsync("b", "two");

        foreach (var query in new[] { "", $"since={old}" })
        {
            var reset = await ReadAsync(service, query);
            Assert.Equal((0, false, true), Shape(reset));
            Assert.Equal((0, false, false), Shape(await ReadAsync(service, $"since={Cursor(reset)}")));
        }

        Assert.Equal(["b"], (await AllAsync(service, $"since={last}")).Select(change => Entry(change, "name")));
    }

    [Fact]
    public async Task A_ledger_that_is_older_than_its_store_raises_the_generation()
    {
        var first = await TestService.StartAsync(postgres);
        var tree = new TreeClient(first, "r");
        await tree.PutAsync("a", "one");
        var before = Cursor(await ReadAsync(first, "since=now"));
        await using (var second = await first.RestartAsync())
        {
            Assert.Equal((0, false, false), Shape(await ReadAsync(second, $"since={before}")));
            var marker = Path.Combine(second.DataDirectory, "volume.json");
            await second.StopAsync();
            // As if the ledger had been restored from a backup older than the last thousand starts.
            var text = await File.ReadAllTextAsync(marker);
            Assert.Contains("\"incarnation\": 2", text, StringComparison.Ordinal);
            await File.WriteAllTextAsync(marker, text.Replace("\"incarnation\": 2", "\"incarnation\": 1000", StringComparison.Ordinal));
            await using var restored = await second.RestartAsync();
            var reset = await ReadAsync(restored, $"since={before}");
            Assert.Equal((0, false, true), Shape(reset));
            await using var again = await restored.RestartAsync();
            Assert.Equal((0, false, false), Shape(await ReadAsync(again, $"since={Cursor(reset)}")));
        }
    }

    [Fact]
    public async Task A_cursor_whose_change_was_lost_in_a_restore_is_reset()
    {
        await using var service = await TestService.StartAsync(postgres);
        var tree = new TreeClient(service, "r");
        await tree.PutAsync("a", "one");
        var kept = Cursor(await ReadAsync(service, "since=now"));
        await tree.PutAsync("b", "two");
        var lost = Cursor(await ReadAsync(service, "since=now"));
        await using var connection = await OpenAsync(service);
        // An older dump of the ledger does not have it, and later has another change with the same number.
        await connection.ExecuteAsync(
            "delete from chunkupload.changes where number = 3; update chunkupload.spaces set sequence = 2");
        Assert.Equal((0, false, true), Shape(await ReadAsync(service, $"since={lost}")));
        await tree.PutAsync("c", "three");

        Assert.Equal((0, false, true), Shape(await ReadAsync(service, $"since={lost}")));
        Assert.Equal(["c"], (await AllAsync(service, $"since={kept}")).Select(change => Entry(change, "name")));
    }

    [Fact]
    public async Task A_digest_that_is_computed_later_is_a_change()
    {
        await using var service = await TestService.StartAsync(postgres);
        var tree = new TreeClient(service, "r");
        var upload = (await tree.PutAsync("a", "one")).GetProperty("fileId").GetString()!;
        var cursor = Cursor(await ReadAsync(service, "since=now"));
        await NoteDigestAsync(service, upload);

        var change = Assert.Single(await AllAsync(service, $"since={cursor}"));

        Assert.Equal(("hashed", "system", "a"),
            (change.GetProperty("kind").GetString(), change.GetProperty("by").GetString(), Entry(change, "name")));
    }

    [Fact]
    public async Task A_digest_that_is_computed_after_a_removal_comes_with_the_restored_file()
    {
        await using var service = await TestService.StartAsync(postgres);
        var tree = new TreeClient(service, "r");
        var file = await tree.PutAsync("a", "one");
        await RemoveAsync(tree, "a");
        var cursor = Cursor(await ReadAsync(service, "since=now"));
        await NoteDigestAsync(service, file.GetProperty("fileId").GetString()!);

        // A change after the removal would bring the file back where the changes are replayed.
        Assert.Empty(await AllAsync(service, $"since={cursor}"));

        var id = file.GetProperty("id").GetString();
        using var answer = await tree.SendAsync(HttpMethod.Post, new Uri($"/api/trash/{id}/restore", UriKind.Relative));
        Assert.Equal(HttpStatusCode.OK, answer.StatusCode);
        var change = Assert.Single(await AllAsync(service, $"since={cursor}"));
        Assert.Equal("restored", change.GetProperty("kind").GetString());
        Assert.Equal(Convert.ToHexStringLower(SHA256.HashData("one"u8)), Entry(change, "sha256"));
    }

    [Fact]
    public async Task An_invalid_query_is_refused()
    {
        await using var service = await TestService.StartAsync(postgres);
        foreach (var (query, code) in new[]
        {
            ("since=xyz", "invalid_cursor"), ("since=e30", "invalid_cursor"), ("limit=0", "invalid_parameter"),
                ("cursor=xyz", "invalid_parameter"),
        })
        {
            await TreeClient.RefusedAsync(
                await service.Client.GetAsync(new Uri($"/api/changes?{query}", UriKind.Relative)), HttpStatusCode.BadRequest, code);
        }
    }

    private static (int Count, bool More, bool Reset) Shape(JsonElement page) =>
        (page.GetProperty("items").GetArrayLength(), page.GetProperty("more").GetBoolean(), page.GetProperty("reset").GetBoolean());

    private static string Cursor(JsonElement page) => page.GetProperty("cursor").GetString()!;

    private static string? Entry(JsonElement change, string field) => change.GetProperty("entry").GetProperty(field).GetString();

    private static async Task RemoveAsync(TreeClient tree, string path)
    {
        using var answer = await tree.SendAsync(HttpMethod.Delete, path);
        Assert.Equal(HttpStatusCode.NoContent, answer.StatusCode);
    }

    private static async Task<JsonElement> ReadAsync(TestService service, string query) => await TreeClient.JsonAsync(
        await service.Client.GetAsync(new Uri($"/api/changes?{query}", UriKind.Relative)), HttpStatusCode.OK);

    private static async Task<List<JsonElement>> AllAsync(TestService service, string query)
    {
        var all = new List<JsonElement>();
        var limit = query.StartsWith("limit", StringComparison.Ordinal) ? "&" + query : "";
        bool more;
        do
        {
            var page = await ReadAsync(service, query);
            all.AddRange(page.GetProperty("items").EnumerateArray());
            more = page.GetProperty("more").GetBoolean();
            query = $"since={Cursor(page)}{limit}";
        }
        while (more);
        return all;
    }

    /// <summary>As if the digest of the content had been computed only now.</summary>
    private static async Task NoteDigestAsync(TestService service, string upload)
    {
        await using var connection = await OpenAsync(service);
        await connection.ExecuteAsync(
            """
            set search_path = chunkupload, chunkupload_functions;
            begin;
            select from uploads where id = @Upload for update;
            update entry_versions set sha256 = null where upload = @Upload;
            select note_digest(@Upload, sha256) from uploads where id = @Upload;
            commit;
            """,
            new { Upload = Guid.Parse(upload) });
    }

    private static async Task<NpgsqlConnection> OpenAsync(TestService service)
    {
        var connection = new NpgsqlConnection(service.ConnectionString);
        await connection.OpenAsync();
        return connection;
    }
}
