using System.Net;
using System.Net.Http.Json;
using System.Text.Json;
using ChunkUpload.Core.Access;
using ChunkUpload.Core.Tree;
using ChunkUpload.Core.Limits;
using ChunkUpload.Tests.Support;
using Dapper;
using Microsoft.Extensions.DependencyInjection;
using Npgsql;

namespace ChunkUpload.Tests.Functional.Files;

/// <summary>Files and folders are moved to another space: completely, once, and across restarts.</summary>
public sealed class SpaceMoveTests(PostgresFixture postgres) : IClassFixture<PostgresFixture>, IAsyncLifetime
{
    private const int Folders = 12;
    private const int Files = 60;

    private static readonly CancellationToken None = CancellationToken.None;

    private TestService _service = null!;

    public async Task InitializeAsync()
    {
        // Nothing is kept in the trash: a purge at the wrong time would lose files. The job runs at the start, and then only when a move is
        // asked for by the API.
        _service = await TestService.StartAsync(postgres, new Dictionary<string, string>
        {
            ["Files:KeepDeleted"] = "0s",
            ["Jobs:Enabled"] = "true",
            ["Schedules:MoveBetweenSpaces"] = "0 0 4 1 1 ?",
        });
        await Eventually.HoldsAsync(async () =>
        {
            var job = await JsonAsync(_service, "/api/jobs/move-between-spaces");
            return job.GetProperty("state").GetString() == "idle" && job.GetProperty("lastRun").ValueKind == JsonValueKind.Object;
        });
    }

    public async Task DisposeAsync() => await _service.DisposeAsync();

    [Fact]
    public async Task A_file_moves_at_once()
    {
        var tree = new TreeClient(_service, "m");
        var there = await NewSpaceAsync();
        var before = await tree.PutAsync("a/one.txt", "one");
        var moved = await TreeClient.JsonAsync(await MoveAsync("m/a/one.txt", "x/two.txt", there), HttpStatusCode.OK);
        Assert.Equal("x/two.txt", moved.GetProperty("path").GetString());
        Assert.Equal(before.GetProperty("fileId").GetString(), moved.GetProperty("fileId").GetString());
        Assert.Equal("one", await _service.Client.GetStringAsync(At($"/api/spaces/{there}/tree/x/two.txt")));
        await TreeClient.RefusedAsync(await _service.Client.GetAsync(tree.At("a/one.txt")), HttpStatusCode.NotFound, "no_entry");
    }

    [Fact]
    public async Task A_damaged_file_stays_where_it_is()
    {
        var tree = new TreeClient(_service, "d");
        var there = await NewSpaceAsync();
        var file = await tree.PutAsync("broken.txt", "content");
        await using (var ledger = new NpgsqlConnection(_service.ConnectionString))
        {
            Assert.Equal(1, await ledger.ExecuteAsync(
                "update chunkupload.uploads set damaged_at = now() where id = @id",
                new { id = Guid.Parse(file.GetProperty("fileId").GetString()!) }));
        }

        await TreeClient.RefusedAsync(await MoveAsync("d/broken.txt", "broken.txt", there), HttpStatusCode.Gone, "damaged");
        Assert.Equal("broken.txt", (await TreeClient.JsonAsync(
            await tree.SendAsync(HttpMethod.Get, "broken.txt", "?format=json"), HttpStatusCode.OK)).GetProperty("name").GetString());
        await TreeClient.RefusedAsync(
            await _service.Client.GetAsync(At($"/api/spaces/{there}/tree/broken.txt?format=json")), HttpStatusCode.NotFound, "no_entry");
    }

    [Fact]
    public async Task A_reader_of_a_space_copies_and_moves_nothing_into_it()
    {
        var people = new TestPeople(_service);
        var bob = await people.UserAsync("bob", Role.Member);
        using var client = await people.ClientAsync(bob);
        var there = await NewSpaceAsync();
        using (var content = await client.PutAsync(At("/api/tree/r/mine.txt?parents=true"), new StringContent("mine")))
            Assert.True(content.IsSuccessStatusCode, $"{(int)content.StatusCode}");
        await MemberAsync(canChange: false);
        foreach (var verb in new[] { "copy", "move" })
            Assert.InRange((int)await SendAsync(verb), 403, 404);
        Assert.Equal(0, await ItemsAsync());
        await MemberAsync(canChange: true);
        Assert.True((int)await SendAsync("copy") is 200 or 201);
        Assert.Equal(1, await ItemsAsync());

        async Task MemberAsync(bool canChange)
        {
            using var set = await _service.Client.PutAsJsonAsync(
                At($"/api/spaces/{there}/members/{Uri.EscapeDataString(bob.Subject)}"), new { canChange });
            Assert.True(set.IsSuccessStatusCode);
        }

        async Task<HttpStatusCode> SendAsync(string verb)
        {
            using var answer = await client.PostAsJsonAsync(
                At($"/api/tree/{verb}"), new { from = "r/mine.txt", to = $"{verb}.txt", space = there });
            return answer.StatusCode;
        }

        async Task<int> ItemsAsync() => (await JsonAsync(_service, $"/api/spaces/{there}/tree/")).GetProperty("items").GetArrayLength();
    }

    [Fact]
    public async Task A_file_that_two_requests_move_at_once_over_another_one_is_there_afterwards()
    {
        var tree = new TreeClient(_service, "t");
        var there = await NewSpaceAsync();
        for (var i = 0; i < 5; i++)
        {
            await tree.PutAsync($"{i}.txt", "new");
            using (var old = await _service.Client.PutAsync(At($"/api/spaces/{there}/tree/{i}.txt"), new StringContent("old")))
                Assert.True(old.IsSuccessStatusCode);
            var answers = await Task.WhenAll(Enumerable.Range(0, 3).Select(async _ =>
            {
                using var answer = await _service.Client.PostAsJsonAsync(
                    At("/api/tree/move"), new { from = $"t/{i}.txt", to = $"{i}.txt", space = there, conflict = "replace" });
                return answer.StatusCode;
            }));
            Assert.Contains(HttpStatusCode.OK, answers);
            Assert.Equal("new", await _service.Client.GetStringAsync(At($"/api/spaces/{there}/tree/{i}.txt")));
        }
    }

    [Fact]
    public async Task A_small_file_goes_to_the_old_path_after_its_folder_has_moved_away()
    {
        var tree = new TreeClient(_service, "c");
        var there = await NewSpaceAsync();
        await tree.FolderAsync("a");
        await tree.PutAsync("a/x", "x", "");
        using (var moved = await MoveAsync("c/a", "a", there))
            Assert.Equal(HttpStatusCode.Accepted, moved.StatusCode);
        await tree.PutAsync("a/y", "y");
        Assert.Equal("y", await tree.ReadAsync("a/y"));
    }

    [Fact]
    public async Task A_move_that_is_refused_leaves_what_it_was_to_replace()
    {
        var tree = new TreeClient(_service, "k");
        var there = await NewSpaceAsync();
        await tree.PutAsync("one.txt", "new");
        using (var old = await _service.Client.PutAsync(At($"/api/spaces/{there}/tree/one.txt"), new StringContent("old")))
            Assert.True(old.IsSuccessStatusCode);
        var (files, mover) = (_service.Services.GetRequiredService<FileTree>(), _service.Services.GetRequiredService<SpaceMover>());
        var source = await files.FindAsync(await files.DefaultSpaceAsync(Caller.Operator, None), ["k", "one.txt"], None);
        // Another client changes it in this moment.
        await tree.PatchAsync("one.txt", new { mode = "0600" });
        Assert.True(EntryId.TryParse(there, out var space));
        var begun = await mover.BeginAsync(
            Caller.Operator, source.Value!.Entry, new Place(space, space, ["one.txt"]), NameConflict.Replace, None);
        Assert.Equal(UploadError.EntryChanged, begun.Failure!.Error);
        Assert.Equal("old", await _service.Client.GetStringAsync(At($"/api/spaces/{there}/tree/one.txt")));
        Assert.Equal("new", await tree.ReadAsync("one.txt"));
    }

    [Fact]
    public async Task Only_the_revision_that_the_client_names_is_moved()
    {
        var tree = new TreeClient(_service, "v");
        var there = await NewSpaceAsync();
        await tree.PutAsync("a", "1");
        await tree.PutAsync("a", "2", "", HttpStatusCode.OK);
        foreach (var space in new[] { null, there })
        {
            await TreeClient.RefusedAsync(
                await tree.SendAsync(
                    HttpMethod.Post, At("/api/tree/move"), JsonContent.Create(new { from = "v/a", to = "v/b", space, parents = true }),
                    ("If-Match", "\"r1\"")),
                HttpStatusCode.PreconditionFailed, "entry_changed");
        }

        using var moved = await tree.SendAsync(
            HttpMethod.Post, At("/api/tree/move"), JsonContent.Create(new { from = "v/a", to = "v/b", space = there, parents = true }),
            ("If-Match", "\"r2\""));
        Assert.Equal(HttpStatusCode.OK, moved.StatusCode);
    }

    [Fact]
    public async Task Within_a_space_it_is_a_change_of_one_row()
    {
        var tree = new TreeClient(_service, "w");
        var folder = await tree.FolderAsync("a/b");
        var moved = await TreeClient.JsonAsync(await MoveAsync("w/a/b", "w/c", null), HttpStatusCode.OK);
        Assert.Equal(folder.GetProperty("id").GetString(), moved.GetProperty("id").GetString());
    }

    [Fact]
    public async Task A_folder_moves_by_a_job()
    {
        var there = await NewSpaceAsync();
        var paths = await FillAsync("f");
        using var answer = await MoveAsync("f/big", "moved/big", there);
        var location = answer.Headers.Location!;
        var begun = await TreeClient.JsonAsync(answer, HttpStatusCode.Accepted);
        Assert.Equal($"/api/moves/{begun.GetProperty("id").GetString()}", location.ToString());
        await TreeClient.RefusedAsync(
            await _service.Client.GetAsync(At("/api/tree/f/big/")), HttpStatusCode.NotFound, "no_entry");
        var ended = await EndedAsync(_service, location);
        Assert.Equal("done", ended.GetProperty("state").GetString());
        Assert.Equal(paths.Length, ended.GetProperty("moved").GetInt64());
        Assert.Equal(paths, await PathsAsync(_service, there, "moved/big"));
        Assert.Equal("3", await _service.Client.GetStringAsync(At($"/api/spaces/{there}/tree/moved/big/d3/3.txt")));
        Assert.Equal("folder", (await JsonAsync(_service, $"/api/entries/{begun.GetProperty("folder").GetString()}"))
            .GetProperty("folder").GetProperty("kind").GetString());
    }

    [Fact]
    public async Task A_move_that_broke_off_goes_on_after_a_restart_and_nothing_frees_its_files_meanwhile()
    {
        var there = await NewSpaceAsync();
        var paths = await FillAsync("r");
        var (_, move) = await BeginAsync("r/big", there);
        using (var emptied = await _service.Client.DeleteAsync(At("/api/trash")))
            Assert.True(emptied.IsSuccessStatusCode);
        // The purge of the trash runs all the time.
        var other = new TreeClient(_service, "r");
        await other.PutAsync("gone.txt", "gone");
        using (var removed = await _service.Client.DeleteAsync(other.At("gone.txt")))
            Assert.True(removed.IsSuccessStatusCode);
        var trash = _service.Services.GetRequiredService<TrashPurger>();
        await trash.RunAsync(null, None);

        var services = _service.Services;
        var breaking = new SpaceMover(
            services.GetRequiredService<FileTree>(), new FailingMoveLedger(services.GetRequiredService<IMoveLedger>(), 1),
            services.GetRequiredService<Admission>());
        await Assert.ThrowsAsync<InvalidOperationException>(() => breaking.RunAsync(move, _ => { }, None));
        await trash.RunAsync(null, None);

        await using var again = await _service.RestartAsync();
        var ended = await EndedAsync(again, At($"/api/moves/{move.Id:n}"));
        Assert.Equal("done", ended.GetProperty("state").GetString());
        Assert.Equal(paths.Length, ended.GetProperty("moved").GetInt64());
        Assert.Equal(paths, await PathsAsync(again, there, "to"));
        for (var i = 0; i < Folders; i++)
            Assert.Equal($"{i}", await again.Client.GetStringAsync(At($"/api/spaces/{there}/tree/to/d{i}/{i}.txt")));
    }

    [Fact]
    public async Task If_the_new_place_is_removed_meanwhile_nothing_is_lost()
    {
        var service = _service;
        var there = await NewSpaceAsync(service);
        var tree = new TreeClient(service, "l");
        await tree.PutAsync("big/a.txt", "a");
        var (mover, move) = await BeginAsync("l/big", there, service);
        await TreeClient.RefusedAsync(
            await service.Client.PostAsync(At($"/api/trash/{move.Source}/restore"), null), HttpStatusCode.NotFound, "no_entry");
        using (var removed = await service.Client.DeleteAsync(At($"/api/spaces/{there}/tree/to")))
            Assert.True(removed.IsSuccessStatusCode);
        var ended = await mover.RunAsync(move, _ => { }, None);
        Assert.Equal((0, 1), (ended.Moved, ended.LeftOut));
        Assert.Equal("incomplete", (await JsonAsync(service, $"/api/moves/{move.Id:n}")).GetProperty("state").GetString());
        await service.Services.GetRequiredService<TrashPurger>().RunAsync(null, None);
        using (var back = await service.Client.PostAsync(At($"/api/trash/{move.Source}/restore"), null))
            Assert.True(back.IsSuccessStatusCode, await back.Content.ReadAsStringAsync());
        Assert.Equal("a", await tree.ReadAsync("big/a.txt"));
    }

    [Fact]
    public async Task An_impossible_move_is_refused_and_changes_nothing()
    {
        var tree = new TreeClient(_service, "n");
        var there = await NewSpaceAsync();
        await tree.PutAsync("a/one.txt", "one");
        using (var taken = await _service.Client.PutAsync(At($"/api/spaces/{there}/tree/a"), new StringContent("taken")))
            Assert.True(taken.IsSuccessStatusCode);
        await TreeClient.RefusedAsync(await MoveAsync("n/a", "a", there), HttpStatusCode.Conflict, "name_taken");
        await TreeClient.RefusedAsync(await MoveAsync("n/a/one.txt", "a", there), HttpStatusCode.Conflict, "name_taken");
        await TreeClient.RefusedAsync(await MoveAsync("n/a/one.txt", "a/b", there), HttpStatusCode.Conflict, "not_a_folder");
        await TreeClient.RefusedAsync(await MoveAsync("n/none", "b", there), HttpStatusCode.NotFound, "no_entry");
        await TreeClient.RefusedAsync(await MoveAsync("n/a", "b", EntryId.New().ToString()), HttpStatusCode.NotFound, "no_entry");
        await TreeClient.RefusedAsync(await MoveAsync("n/a", "n/a/b", null), HttpStatusCode.Conflict, "into_itself");
        await TreeClient.RefusedAsync(await MoveAsync("", "b", there), HttpStatusCode.BadRequest, "invalid_field");
        await TreeClient.RefusedAsync(
            await _service.Client.GetAsync(At($"/api/moves/{Guid.NewGuid():n}")), HttpStatusCode.NotFound, "no_entry");
        await TreeClient.RefusedAsync(await _service.Client.GetAsync(At("/api/moves/x")), HttpStatusCode.NotFound, "no_entry");
        Assert.Equal("one", await tree.ReadAsync("a/one.txt"));
    }

    private static Uri At(string path) => new(path, UriKind.Relative);

    private async Task<string[]> FillAsync(string root)
    {
        var tree = new TreeClient(_service, root);
        using var tar = new MemoryStream();
        await using (var writer = new System.Formats.Tar.TarWriter(tar, leaveOpen: true))
        {
            for (var i = 0; i < Folders; i++)
            {
                for (var j = 0; j < Files; j++)
                {
                    using var content = new MemoryStream(System.Text.Encoding.UTF8.GetBytes($"{j}"));
                    await writer.WriteEntryAsync(
                        new System.Formats.Tar.PaxTarEntry(System.Formats.Tar.TarEntryType.RegularFile, $"d{i}/{j}.txt")
                        {
                            DataStream = content,
                        });
                }
            }
        }

        using var answer = await tree.SendAsync(
            HttpMethod.Post, "big", "?unpack=tar&parents=true", new ByteArrayContent(tar.ToArray()));
        Assert.True(answer.IsSuccessStatusCode, await answer.Content.ReadAsStringAsync());
        var paths = await PathsAsync(_service, (await tree.SharedSpaceAsync()).GetProperty("id").GetString()!, $"{root}/big");
        Assert.Equal(Folders * (Files + 1), paths.Length);
        return paths;
    }

    /// <summary>Begins a move without the job that would continue it.</summary>
    private async Task<(SpaceMover Mover, FolderMove Move)> BeginAsync(string from, string there, TestService? service = null)
    {
        var services = (service ?? _service).Services;
        var (tree, mover) = (services.GetRequiredService<FileTree>(), services.GetRequiredService<SpaceMover>());
        var source = await tree.FindAsync(await tree.DefaultSpaceAsync(Caller.Operator, None), from.Split('/'), None);
        Assert.True(EntryId.TryParse(there, out var space));
        var begun = await mover.BeginAsync(
            Caller.Operator, source.Value!.Entry, new Place(space, space, ["to"]), NameConflict.Fail, None);
        Assert.True(begun.Ok);
        var open = await services.GetRequiredService<IMoveLedger>().OpenMovesAsync(None);
        return (mover, Assert.Single(open, one => one.Id == begun.Value.Move));
    }

    private Task<HttpResponseMessage> MoveAsync(string from, string to, string? space) =>
        _service.Client.PostAsJsonAsync(At("/api/tree/move"), new { from, to, space, parents = true });

    private async Task<string> NewSpaceAsync(TestService? service = null)
    {
        var answer = await (service ?? _service).Client.PostAsJsonAsync(At("/api/spaces"), new { name = $"Other {Guid.NewGuid():n}" });
        return (await TreeClient.JsonAsync(answer, HttpStatusCode.Created)).GetProperty("id").GetString()!;
    }

    private static async Task<JsonElement> JsonAsync(TestService service, string path) =>
        await TreeClient.JsonAsync(await service.Client.GetAsync(At(path)), HttpStatusCode.OK);

    private static async Task<JsonElement> EndedAsync(TestService service, Uri move)
    {
        JsonElement view = default;
        await Eventually.HoldsAsync(async () =>
        {
            view = await JsonAsync(service, move.ToString());
            return view.GetProperty("state").GetString() != "running";
        });
        return view;
    }

    private static async Task<string[]> PathsAsync(TestService service, string space, string root)
    {
        var list = await JsonAsync(service, $"/api/spaces/{space}/tree/{root}/?recursive=true&limit=1000");
        return [.. list.GetProperty("items").EnumerateArray().Select(item => item.GetProperty("path").GetString()![root.Length..])];
    }

    /// <summary>Fails after some reports, as if the process had been killed.</summary>
    private sealed class FailingMoveLedger(IMoveLedger ledger, int reports) : IMoveLedger
    {
        private int _left = reports;

        public Task<Result<Entry>> BeginMoveAsync(
            Caller caller, Guid move, EntryId id, Entry source, Place place, NameConflict conflict, CancellationToken cancellationToken) =>
            ledger.BeginMoveAsync(caller, move, id, source, place, conflict, cancellationToken);

        public Task<FolderMove?> FindMoveAsync(Caller caller, Guid id, CancellationToken cancellationToken) =>
            ledger.FindMoveAsync(caller, id, cancellationToken);

        public Task<IReadOnlyList<FolderMove>> OpenMovesAsync(CancellationToken cancellationToken) =>
            ledger.OpenMovesAsync(cancellationToken);

        public Task ReportMoveAsync(Guid id, long moved, long leftOut, CancellationToken cancellationToken) => _left-- > 0
            ? ledger.ReportMoveAsync(id, moved, leftOut, cancellationToken)
            : throw new InvalidOperationException("It ended here.");

        public Task EndMoveAsync(Guid id, long moved, long leftOut, CancellationToken cancellationToken) =>
            ledger.EndMoveAsync(id, moved, leftOut, cancellationToken);
    }
}
