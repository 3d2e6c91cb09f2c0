using System.Text.Json;
using ChunkUpload.Tests.Functional.Api;
using ChunkUpload.Tests.Support;
using static ChunkUpload.Tests.Functional.Projects.DeviceRig;

namespace ChunkUpload.Tests.Functional.Projects;

/// <summary>The list of files that devices serve: batches in order, snapshots, hostile paths, pages.</summary>
[Collection(DeviceCollection.Name)]
public sealed class CatalogueTests(ApiFixture fixture) : IAsyncLifetime
{
    private readonly TestService _service = fixture.Service;
    private DeviceRig _mara = null!;
    private Guid _project;

    public async Task InitializeAsync()
    {
        _mara = await StartAsync(_service, "Mara");
        _project = await _mara.ProjectAsync("Skagen 2026");
        await _mara.ServeAsync(_project, "/line-14");
    }

    public Task DisposeAsync() => Task.CompletedTask;

    [Fact]
    public async Task Batches_follow_one_another_and_the_last_one_sent_again_gets_its_first_answer()
    {
        var (path, first) = ($"/api/projects/{_project}/files/update", Guid.NewGuid());
        var body = Body(0, first, Upsert("/line-14/a"), Upsert("/line-14/.hidden"));
        var answer = await SendAsync(_mara.Client, HttpMethod.Post, path, body, 200);
        Assert.Equal((1, 1), (answer.GetProperty("sequence").GetInt32(), answer.GetProperty("accepted").GetInt32()));
        Assert.Equal("hidden_name", Assert.Single(answer.GetProperty("rejected").EnumerateArray()).GetProperty("code").GetString());
        var again = await SendAsync(_mara.Client, HttpMethod.Post, path, body, 200);
        Assert.Equal(answer.GetRawText(), again.GetRawText());
        var refused = await SendAsync(
            _mara.Client, HttpMethod.Post, path, Body(0, Guid.NewGuid(), Upsert("/line-14/b")), 409, "resync");
        Assert.Equal(1, refused.GetProperty("sequence").GetInt32());
        await SendAsync(_mara.Client, HttpMethod.Post, path, Body(1, Guid.NewGuid(), Upsert("/line-14/b")), 200);
        Assert.Equal(["/line-14/a", "/line-14/b"], await _mara.PathsAsync(_project));

        // The same batch twice at once is taken once.
        var twice = Body(2, Guid.NewGuid(), Upsert("/line-14/c"));
        var both = await Task.WhenAll(Enumerable.Range(0, 2).Select(
            _ => SendAsync(_mara.Client, HttpMethod.Post, path, twice, 200)));
        Assert.Equal(both[0].GetRawText(), both[1].GetRawText());
    }

    [Fact]
    public async Task A_snapshot_replaces_the_list_at_its_last_batch()
    {
        await _mara.TellAsync(_project, [Upsert("/line-14/gone"), Upsert("/line-14/same", 7), Upsert("/line-14/changed")]);
        var before = await _mara.GetAsync($"/api/projects/{_project}");
        var id = Guid.NewGuid();
        await _mara.TellAsync(_project, [Upsert("/line-14/same", 7), Upsert("/line-14/changed", 9)], new { id, last = false });
        Assert.Equal(3, (await _mara.PathsAsync(_project)).Count);
        // Changes made meanwhile belong to the list, too.
        await _mara.TellAsync(_project, [Upsert("/line-14/late")]);
        await _mara.TellAsync(_project, [Upsert("/line-14/new")], new { id, last = true });
        Assert.Equal(
            ["/line-14/changed", "/line-14/late", "/line-14/new", "/line-14/same"], await _mara.PathsAsync(_project));
        var after = (await _mara.GetAsync($"/api/projects/{_project}")).GetProperty("folders")[0];
        Assert.Equal((4, 18, true), (
            after.GetProperty("files").GetInt32(), after.GetProperty("bytes").GetInt32(), after.GetProperty("is_complete").GetBoolean()));
        var events = (await _mara.GetAsync(
            $"/api/projects/{_project}/project_events?since={before.GetProperty("sequence").GetInt64()}")).GetProperty("events");
        Assert.Equal(
            [false, true], events.EnumerateArray().Select(one => one.GetProperty("data").GetProperty("snapshot").GetBoolean()));
    }

    [Fact]
    public async Task A_move_and_a_digest_follow_the_file()
    {
        var hash = new string('a', 64);
        await _mara.TellAsync(_project, [Upsert("/line-14/a", 5, hash: hash.ToUpperInvariant())]);
        // The digest of the same version stays when it is not told again.
        await _mara.TellAsync(_project, [Upsert("/line-14/a", 5)]);
        Assert.Equal(hash, await HashAsync("/line-14/a"));
        await _mara.TellAsync(_project, [new
        {
            op = "move", from = "/line-14/a", path = "/line-14/deep/b", size = 5, hash, modified_at = "2026-01-15T09:30:12Z",
        }]);
        Assert.Equal(["/line-14/deep/b"], await _mara.PathsAsync(_project));
        await _mara.TellAsync(_project, [Upsert("/line-14/deep/b", 6)]);
        Assert.Null(await HashAsync("/line-14/deep/b"));
        await _mara.TellAsync(_project, [new { op = "delete", path = "/line-14/deep/b" }, new { op = "delete", path = "/line-14/never" }]);
        Assert.Empty(await _mara.PathsAsync(_project));
        var folder = (await _mara.GetAsync($"/api/projects/{_project}")).GetProperty("folders")[0];
        Assert.Equal((0, 0), (folder.GetProperty("files").GetInt32(), folder.GetProperty("bytes").GetInt32()));

        async Task<string?> HashAsync(string path) => (await _mara.GetAsync($"/api/projects/{_project}/files-paginated"))
            .GetProperty("files").EnumerateArray().Single(file => file.GetProperty("path").GetString() == path)
            .GetProperty("hash").GetString();
    }

    [Fact]
    public async Task What_cannot_be_taken_is_refused_singly()
    {
        var longName = new string('é', 128);
        (object Change, string Code)[] bad =
        [
            (Upsert("line-14/a"), "invalid_path"), (Upsert("/line-14//a"), "invalid_path"), (Upsert("/line-14/../a"), "invalid_path"),
            (Upsert("/line-14/a\\b"), "invalid_path"), (Upsert("/line-14/C:/a"), "invalid_path"),
            (Upsert("/line-14/a\u202Eb"), "invalid_path"),
            (Upsert($"/line-14/{longName}"), "name_too_long"), (Upsert("/line-14/.ssh/id"), "hidden_name"),
            (Upsert("/line-14/" + string.Join('/', Enumerable.Repeat(new string('x', 200), 21))), "path_too_long"),
            (Upsert("/line-14/" + string.Join('/', Enumerable.Repeat("x", 128))), "path_too_deep"),
            (Upsert("/line-15/a"), "outside_place"), (Upsert("/line-144/a"), "outside_place"), (Upsert("/line-14"), "outside_place"),
            (Upsert("/line-14/local_files_manifest.json"), "reserved_name"), (Upsert("/line-14/a", -1), "invalid_size"),
            (Upsert("/line-14/a", 1, "0001-01-01T00:00:00Z"), "invalid_time"),
            (Upsert("/line-14/a", 1, "9999-12-31T23:59:59Z"), "invalid_time"),
            (Upsert("/line-14/a", 1, "yesterday"), "invalid_time"), (Upsert("/line-14/a", hash: "abc"), "invalid_hash"),
            (new { op = "link", path = "/line-14/a" }, "invalid_op"),
            (new { op = "move", path = "/line-14/a", size = 1, modified_at = "2026-01-15T09:30:12Z" }, "invalid_from"),
            (new { op = "upsert", path = "/line-14/a", size = 1, modified_at = "2026-01-15T09:30:12Z", mode = 4096 }, "invalid_mode"),
            (new { op = "upsert", path = "/line-14/a", size = 1, modified_at = "2026-01-15T09:30:12Z", mime_type = "x" },
                "invalid_mime_type"),
        ];
        var answer = await _mara.TellAsync(_project, [.. bad.Select(one => one.Change), Upsert("/line-14/good")]);
        Assert.Equal(
            bad.Select(one => one.Code),
            answer.GetProperty("rejected").EnumerateArray().Select(one => one.GetProperty("code").GetString()));
        Assert.Equal(["/line-14/good"], await _mara.PathsAsync(_project));
        await _mara.TellAsync(_project, [Upsert("/line-14/photo.jpg")]);
        var types = (await _mara.GetAsync($"/api/projects/{_project}/files-paginated")).GetProperty("files").EnumerateArray()
            .Select(file => file.GetProperty("mime_type").GetString());
        Assert.Equal(["application/octet-stream", "image/jpeg"], types);
        await _mara.TellAsync(_project, [new { op = "delete", path = "/line-14/photo.jpg" }]);

        // A path is a file or a folder, in one batch and across batches.
        answer = await _mara.TellAsync(_project, [Upsert("/line-14/x"), Upsert("/line-14/x/y"), Upsert("/line-14/good/deep/er")]);
        Assert.Equal(2, answer.GetProperty("rejected").GetArrayLength());
        await _mara.TellAsync(_project, [Upsert("/line-14/d/e/f")]);
        answer = await _mara.TellAsync(_project, [Upsert("/line-14/d"), Upsert("/line-14/d/e")]);
        Assert.All(
            answer.GetProperty("rejected").EnumerateArray(), one => Assert.Equal("path_conflict", one.GetProperty("code").GetString()));
        Assert.Equal(["/line-14/d/e/f", "/line-14/good", "/line-14/x"], await _mara.PathsAsync(_project));
        // When the folder has gone, its name is free.
        answer = await _mara.TellAsync(_project, [new { op = "delete", path = "/line-14/d/e/f" }, Upsert("/line-14/d")]);
        Assert.Empty(answer.GetProperty("rejected").EnumerateArray());
    }

    [Fact]
    public async Task A_body_that_is_no_batch_is_refused_and_unknown_fields_are_ignored()
    {
        var path = $"/api/projects/{_project}/files/update";
        await SendAsync(_mara.Client, HttpMethod.Post, path, new { device_id = _mara.Device }, 400, "invalid_field");
        await SendAsync(
            _mara.Client, HttpMethod.Post, path, Body(0, Guid.NewGuid(), [.. Enumerable.Repeat(Upsert("/line-14/a"), 1001)]), 400,
            "invalid_field");
        await SendAsync(_mara.Client, HttpMethod.Post, path, new { device_id = "x", base_sequence = "x" }, 400, "malformed_json");
        await SendAsync(_mara.Client, HttpMethod.Post, path, new
        {
            device_id = _mara.Device,
            base_sequence = 0,
            batch_id = Guid.NewGuid(),
            changes = Array.Empty<object>(),
            colour = "blue",
        }, 200);
        var other = await StartAsync(_service, "Ines");
        await SendAsync(
            _mara.Client, HttpMethod.Post, path, new
            {
                device_id = other.Device,
                base_sequence = 0,
                batch_id = Guid.NewGuid(),
                changes = Array.Empty<object>(),
            }, 403, "not_your_device");
        await SendAsync(other.Client, HttpMethod.Post, path, Body(0, Guid.NewGuid()), 404, "no_such_project");
    }

    [Fact]
    public async Task Pages_go_through_the_list_once_in_each_order()
    {
        var random = new Random(3);
        var deep = $"{new string('d', 240)}/{new string('e', 240)}/{new string('f', 100)}/";
        var files = Enumerable.Range(0, 60).Select(number => (
            Path: $"/line-14/{(number % 3 == 0 ? deep : "")}n{number}",
            Size: (long)random.Next(5), At: $"2026-01-{random.Next(1, 4):00}T09:30:12Z")).ToList();
        await _mara.TellAsync(_project, [.. files.Select(file => Upsert(file.Path, file.Size, file.At))]);
        foreach (var sort in (string[])["path", "-size", "-modified_at"])
        {
            var (seen, cursor) = (new List<JsonElement>(), (string?)null);
            do
            {
                var page = await _mara.GetAsync(
                    $"/api/projects/{_project}/files-paginated?limit=7&sort={sort}{(cursor is null ? "" : $"&cursor={cursor}")}");
                seen.AddRange(page.GetProperty("files").EnumerateArray());
                cursor = page.GetProperty("next_cursor").GetString();
            }
            while (cursor is not null);
            var paths = seen.Select(file => file.GetProperty("path").GetString()!).ToList();
            Assert.Equal(files.Select(file => file.Path).Order(StringComparer.Ordinal), paths.Order(StringComparer.Ordinal));
            if (sort == "path")
                Assert.Equal(paths.Order(StringComparer.Ordinal), paths);
            else if (sort == "-size")
                Assert.Equal(seen.Select(Size).OrderDescending(), seen.Select(Size));
            else
                Assert.Equal(seen.Select(At).OrderDescending(StringComparer.Ordinal), seen.Select(At));
        }

        await SendAsync(_mara.Client, HttpMethod.Get, $"/api/projects/{_project}/files-paginated?cursor=x", null, 400, "invalid_cursor");
        Assert.Equal(["/line-14/n1"], await _mara.PathsAsync(_project, "search=14/N1&limit=1"));
        Assert.Equal(20, (await _mara.PathsAsync(_project, $"path=/line-14/{new string('d', 240)}")).Count);
        Assert.Empty(await _mara.PathsAsync(_project, "search=%25"));
        Assert.Empty(await _mara.PathsAsync(_project, "path=/line-1"));

        static long Size(JsonElement file) => file.GetProperty("size").GetInt64();
        static string At(JsonElement file) => file.GetProperty("modified_at").GetString()!;
    }

    private object Body(long sequence, Guid batch, params object[] changes) =>
        new { device_id = _mara.Device, base_sequence = sequence, batch_id = batch, changes };
}
