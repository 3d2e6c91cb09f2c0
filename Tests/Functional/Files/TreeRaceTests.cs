using System.Net;
using System.Net.Http.Json;
using ChunkUpload.Core.Access;
using ChunkUpload.Core.Tree;
using ChunkUpload.Core.Limits;
using ChunkUpload.Infrastructure.Database;
using ChunkUpload.Tests.Functional.Access;
using ChunkUpload.Tests.Support;
using Dapper;
using Microsoft.Extensions.DependencyInjection;
using Npgsql;

namespace ChunkUpload.Tests.Functional.Files;

/// <summary>Concurrent changes in the ledger, ordered by locks that the test holds.</summary>
public sealed class TreeRaceTests(PostgresFixture postgres) : IClassFixture<PostgresFixture>, IAsyncLifetime
{
    private static readonly CancellationToken None = CancellationToken.None;

    private TestService _service = null!;

    private TreeClient Tree => new(_service, "race");

    public async Task InitializeAsync() => _service = await TestService.StartAsync(postgres);

    public async Task DisposeAsync() => await _service.DisposeAsync();

    [Fact]
    public async Task A_copy_does_not_take_a_content_that_is_being_freed()
    {
        var file = await Tree.PutAsync("x", "before");
        var space = await NewSpaceAsync();
        await using var holder = await OpenAsync();
        await using var held = await holder.BeginTransactionAsync();
        await holder.ExecuteAsync("select lock_space(@space)", new { space = space.Value });

        // 1. The copy has locked the file's current content and waits for the space. Then the file gets new content.
        Assert.True(EntryId.TryParse(file.GetProperty("id").GetString()!, out var source));
        var copying = _service.Services.GetRequiredService<ITreeChangeLedger>().CopyAsync(
            space, [new EntryCopy(source, EntryId.New(), space, "copy")], "me", moves: false, None);
        await Eventually.HoldsAsync(() => WaitsAsync("copy_entries"));
        var replaced = await Tree.PutAsync("x", "after", "", HttpStatusCode.OK);

        // 2. The new content is being freed.
        var upload = Guid.ParseExact(replaced.GetProperty("fileId").GetString()!, "N");
        await using var purge = await OpenAsync();
        await using var freeing = await purge.BeginTransactionAsync();
        await purge.ExecuteAsync("update uploads set state = 'deleted' where id = @upload", new { upload });
        await held.RollbackAsync();
        Assert.Equal(0, (await copying).Value!.Count);
    }

    [Fact]
    public async Task A_space_is_removed_without_waiting_for_a_link_under_the_lock_of_the_space()
    {
        var space = await NewSpaceAsync();
        var links = new LinkClient(_service);
        await links.MakeAsync(new { kind = "upload", space = space.ToString(), path = "in", parents = true });
        links.Close();
        await using var upload = await OpenAsync();
        await using var sending = await upload.BeginTransactionAsync();
        await upload.ExecuteAsync("select from links where space = @space for update", new { space = space.Value });
        var removing = _service.Client.DeleteAsync(new Uri($"/api/spaces/{space}?contents=delete", UriKind.Relative));
        await Eventually.HoldsAsync(() => WaitsAsync("remove_space"));
        // An upload through the link locks the space next, as it would when it is published.
        await upload.ExecuteAsync("set local lock_timeout = '100ms'; select lock_space(@space)", new { space = space.Value });
        await sending.RollbackAsync();
        using var removed = await removing;
        Assert.Equal(HttpStatusCode.NoContent, removed.StatusCode);
    }

    /// <summary>The removal of a space empties its trash, and the purge of the trash may run before that.</summary>
    [Fact]
    public async Task Emptying_the_trash_of_a_space_that_the_purge_has_deleted_does_nothing()
    {
        var space = await NewSpaceAsync();
        using var removed = await _service.Client.DeleteAsync(new Uri($"/api/spaces/{space}?contents=delete", UriKind.Relative));
        Assert.Equal(HttpStatusCode.NoContent, removed.StatusCode);
        await _service.Services.GetRequiredService<TrashPurger>().RunAsync(null, None);
        await using var ledger = await OpenAsync();
        Assert.Equal(0, await ledger.ExecuteScalarAsync<int>("select count(*) from spaces where id = @space", new { space = space.Value }));
        Assert.Equal(0, await _service.Services.GetRequiredService<ITrashLedger>().EmptyAsync(space, null, 10, None));
    }

    [Fact]
    public async Task A_copy_ends_though_its_folder_grows_meanwhile()
    {
        await Tree.PutAsync("from/a", "a");
        var ledger = _service.Services.GetRequiredService<ITreeChangeLedger>();
        var made = 0;
        var growing = new GrowingFolderLedger(ledger, async () =>
        {
            if (made++ < 5)
                await Tree.PutAsync($"from/b{made}", "later");
        });
        var services = _service.Services;
        var tree = new FileTree(services.GetRequiredService<ITreeLedger>(), growing, services.GetRequiredService<Admission>());
        var space = await tree.DefaultSpaceAsync(Caller.Operator, None);
        var source = await tree.FindAsync(space, ["race", "from"], None);
        var copied = await tree.CopyAsync(
            Caller.Operator, source.Value!, new Place(space, space, ["grown"]), ["grown"], NameConflict.Fail, None);
        Assert.Equal(0, copied.Value!.LeftOut);
        Assert.Equal(["a"], TreeClient.Names(await new TreeClient(_service, "grown").ListAsync()));
    }

    [Fact]
    public async Task The_answer_to_a_copy_says_what_was_left_out()
    {
        await Tree.PutAsync("part/a", "a");
        var content = await Tree.PutAsync("part/b", "b");
        await using var ledger = await OpenAsync();
        await using var freeing = await ledger.BeginTransactionAsync();
        // Its upload is in a state that only a defect can cause.
        await ledger.ExecuteAsync(
            "update uploads set state = 'deleted' where id = @id",
            new { id = Guid.ParseExact(content.GetProperty("fileId").GetString()!, "N") });
        await freeing.CommitAsync();
        var copied = await TreeClient.JsonAsync(await Tree.TryCopyAsync("part", "copy"), HttpStatusCode.Created);
        Assert.Equal(1, copied.GetProperty("leftOut").GetInt64());
        Assert.Equal(["a"], TreeClient.Names(await Tree.ListAsync("copy")));
    }

    private async Task<EntryId> NewSpaceAsync()
    {
        var answer = await _service.Client.PostAsJsonAsync(
            new Uri("/api/spaces", UriKind.Relative), new { name = $"Race {Guid.NewGuid():n}" });
        var made = await TreeClient.JsonAsync(answer, HttpStatusCode.Created);
        return EntryId.TryParse(made.GetProperty("id").GetString()!, out var id) ? id : default;
    }

    private async Task<NpgsqlConnection> OpenAsync()
    {
        var connection = new NpgsqlConnection(
            new NpgsqlConnectionStringBuilder(_service.ConnectionString) { SearchPath = LedgerDatabase.SearchPath, Pooling = false }
                .ConnectionString);
        await connection.OpenAsync();
        return connection;
    }

    /// <summary>Returns whether a call of this function waits for a lock.</summary>
    private async Task<bool> WaitsAsync(string function)
    {
        await using var connection = await OpenAsync();
        return await connection.ExecuteScalarAsync<bool>(
            """
            select exists (select from pg_stat_activity
                           where datname = current_database() and wait_event_type = 'Lock' and query like '%' || @function || '%')
            """,
            new { function });
    }

    /// <summary>Does something before each batch of a copy.</summary>
    private sealed class GrowingFolderLedger(ITreeChangeLedger ledger, Func<Task> grow) : ITreeChangeLedger
    {
        public Task<Result<Entry>> MakeAsync(EntryId id, NewEntry entry, CancellationToken cancellationToken) =>
            ledger.MakeAsync(id, entry, cancellationToken);

        public Task<Result<Entry>> ChangeAsync(EntryId space, EntryId id, EntryChange change, CancellationToken cancellationToken) =>
            ledger.ChangeAsync(space, id, change, cancellationToken);

        public Task<Result<MovedEntry>> MoveOverAsync(
            Entry entry, Place place, bool overwrite, string subject, CancellationToken cancellationToken) =>
            ledger.MoveOverAsync(entry, place, overwrite, subject, cancellationToken);

        public Task<Result<Entry>> RemoveAsync(
            EntryId space, EntryId id, long? revision, string subject, CancellationToken cancellationToken) =>
            ledger.RemoveAsync(space, id, revision, subject, cancellationToken);

        public Task<Result<Entry>> RemoveAsync(
            Entry entry, long? revision, string subject, ChangeGuard guard, CancellationToken cancellationToken) =>
            ledger.RemoveAsync(entry, revision, subject, guard, cancellationToken);

        public Task<Result<Entry>> RestoreAsync(
            EntryId space, EntryId id, Place? place, NameConflict conflict, string subject, CancellationToken cancellationToken) =>
            ledger.RestoreAsync(space, id, place, conflict, subject, cancellationToken);

        public Task<Result<Entry>> PlaceUploadAsync(
            Caller caller, EntryId id, UploadId upload, PlacedUpload kind, FileTarget target, CancellationToken cancellationToken) =>
            ledger.PlaceUploadAsync(caller, id, upload, kind, target, cancellationToken);

        public async Task<Result<CopiedEntries>> CopyAsync(
            EntryId space, IReadOnlyCollection<EntryCopy> copies, string subject, bool moves, CancellationToken cancellationToken)
        {
            await grow();
            return await ledger.CopyAsync(space, copies, subject, moves, cancellationToken);
        }
    }
}
