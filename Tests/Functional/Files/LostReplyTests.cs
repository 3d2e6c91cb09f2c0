using ChunkUpload.Core.Access;
using ChunkUpload.Core.Tree;
using ChunkUpload.Core.Uploads;
using ChunkUpload.Infrastructure.Database;
using ChunkUpload.Infrastructure.Tree;
using ChunkUpload.Tests.Support;
using ChunkUpload.Tests.Support.Engine;
using ChunkUpload.Tests.Support.Maintenance;
using Microsoft.Extensions.Logging.Abstractions;

namespace ChunkUpload.Tests.Functional.Files;

/// <summary>E10: a change of a tree whose reply is lost after its commit is repeated, and is made once.</summary>
public sealed class LostReplyTests(PostgresFixture postgres) : IClassFixture<PostgresFixture>, IAsyncLifetime
{
    private static readonly CancellationToken None = CancellationToken.None;

    private MaintenanceRig _rig = null!;
    private DatabaseRelay _relay = null!;
    private LedgerDatabase _database = null!;
    private Action _cut = null!;
    private Func<int> _cuts = null!;
    private PostgresTreeLedger _tree = null!;
    private EntryId _space;

    public async Task InitializeAsync()
    {
        _rig = await MaintenanceRig.OpenAsync(postgres);
        var relay = new DatabaseRelay(_rig.Database.DataSource.ConnectionString);
        var database = new LedgerDatabase(new DatabaseOptions(), NullLogger<LedgerDatabase>.Instance);
        (_relay, _database) = (relay, database);
        await database.OpenAsync(relay.ConnectionString, None);
        (_cut, _cuts) = (() => relay.CutAfter(0), () => relay.Cuts);
        var calls = new LedgerCalls(database, TimeProvider.System, NullLogger<LedgerCalls>.Instance);
        _tree = new PostgresTreeLedger(calls, _rig.Incarnation);
        _space = await _tree.SharedSpaceAsync(TestSession.Me.Tenant, None);
    }

    public async Task DisposeAsync()
    {
        await _database.DisposeAsync();
        await _relay.DisposeAsync();
        await _rig.DisposeAsync();
    }

    [Fact]
    public async Task Each_change_is_made_once()
    {
        var folder = await OnceAsync("created", () => _tree.MakeAsync(EntryId.New(), New("f"), None));
        var (upload, _) = await _rig.FinishedAsync(1);
        var (second, _) = await _rig.FinishedAsync(1);
        var file = await OnceAsync("created", () => PlaceAsync(upload, PlacedUpload.Unfiled, "a"));
        var replaced = await OnceAsync("replaced", () => PlaceAsync(second, PlacedUpload.Unfiled, "a"));
        Assert.Equal((file.Id, 2), (replaced.Id, replaced.Version));
        var copy = await OnceAsync("created", () => PlaceAsync(second, PlacedUpload.Named, "b"));
        Assert.NotEqual(file.Id, copy.Id);
        await OnceAsync("moved", () => _tree.ChangeAsync(
            _space, file.Id, new EntryChange(At("f", "c"), NameConflict.Fail, null, null, replaced.Revision, "me"), None));
        // When the call is repeated, the entry itself already has the name.
        await OnceAsync("moved", () => _tree.ChangeAsync(
            _space, copy.Id, new EntryChange(At("f"), NameConflict.Rename, null, null, null, "me"), None));
        var removed = await OnceAsync("removed", () => _tree.RemoveAsync(_space, folder.Id, folder.Revision, "me", None));
        Assert.NotNull(removed.RemovedAt);
        await OnceAsync("restored", () => _tree.RestoreAsync(_space, folder.Id, At("g"), NameConflict.Rename, "me", None));
        EntryCopy[] copies = [new(file.Id, EntryId.New(), folder.Id, "d"), new(copy.Id, EntryId.New(), folder.Id, "e")];
        await CutAsync("created", async () => await _tree.CopyAsync(_space, copies, "me", moves: false, None), changes: 2);
        var counted = await SpaceAsync();
        Assert.Equal((5L, 5L * MaintenanceRig.ChunkSize), (counted.Entries, counted.Bytes));

        // Changes without a number: purging from the trash, and freeing.
        await OnceAsync(null, () => _tree.RemoveAsync(_space, folder.Id, null, "me", None), changes: 1);
        await CutAsync(null, async () => await _tree.EmptyAsync(_space, null, 500, None), changes: 0);
        var ended = new List<PurgedUpload>();
        _cut();
        while (await _tree.PurgeAsync(500, TimeSpan.Zero, None) is { } batch)
            ended.AddRange(batch);
        counted = await SpaceAsync();
        Assert.Equal((1L, (long)MaintenanceRig.ChunkSize), (counted.Entries, counted.Bytes));
        Assert.Equal(UploadState.Deleted, (await _rig.GetAsync(upload)).State);
        Assert.Equal(UploadState.Completed, (await _rig.GetAsync(second)).State);
    }

    [Fact]
    public async Task Each_move_to_another_space_is_made_once()
    {
        var there = await _tree.OwnSpaceAsync(new Caller(TestSession.Me.Tenant, "user:mover"), None);
        var folder = TestSession.Expect(await _tree.MakeAsync(EntryId.New(), New("f"), None));
        var (upload, _) = await _rig.FinishedAsync(1);
        var (second, _) = await _rig.FinishedAsync(1);
        var file = TestSession.Expect(await PlaceAsync(upload, PlacedUpload.Unfiled, "a"));
        var other = TestSession.Expect(await PlaceAsync(second, PlacedUpload.Unfiled, "b"));

        var moved = await OnceAsync("removed", () => MoveAsync(Guid.NewGuid(), file));
        // The second file becomes a version of the first one.
        var replaced = await OnceAsync("removed", () => MoveAsync(Guid.NewGuid(), other));
        Assert.Equal((moved.Id, 2, second), (replaced.Id, replaced.Version, replaced.Upload));

        var id = Guid.NewGuid();
        await OnceAsync("removed", () => MoveAsync(id, folder, "f"));
        await CutAsync(null, () => _tree.ReportMoveAsync(id, 1, 0, None), changes: 0);
        await CutAsync(null, () => _tree.EndMoveAsync(id, 1, 0, None), changes: 0);
        Assert.NotNull((await _tree.FindMoveAsync(TestSession.Me, id, None))!.EndedAt);
        var changes = await _rig.Tree.ChangesAsync(there, 0, 100, None);
        Assert.Equal(["created", "replaced", "created"], changes.Changes.Select(change => change.Kind));

        Task<Result<Entry>> MoveAsync(Guid move, Entry source, string name = "x") => _tree.BeginMoveAsync(
            TestSession.Me, move, EntryId.New(), source, new Place(there, there, [name]), NameConflict.Replace, None);
    }

    private async Task<Entry> OnceAsync(string? kind, Func<Task<Result<Entry>>> change, int changes = 1)
    {
        Entry entry = null!;
        await CutAsync(kind, async () => entry = TestSession.Expect(await change()), changes);
        return entry;
    }

    private async Task CutAsync(string? kind, Func<Task> change, int changes = 1)
    {
        var before = (await SpaceAsync()).Sequence;
        // A connection is there already: what is cut is the reply to the change.
        await _tree.SpaceAsync(TestSession.Me, _space, None);
        var cuts = _cuts();
        _cut();
        await change();
        Assert.Equal(cuts + 1, _cuts());
        var page = await _rig.Tree.ChangesAsync(_space, before, 100, None);
        Assert.Equal(changes, page.Changes.Count);
        Assert.All(page.Changes, one => Assert.True(kind is null || one.Kind == kind));
    }

    private async Task<Space> SpaceAsync() => (await _rig.Tree.SpaceAsync(TestSession.Me, _space, None))!;

    private Place At(params string[] names) => new(_space, _space, names);

    private NewEntry New(string name) => new(At(name), NameConflict.Fail, null, null, null, "me");

    private Task<Result<Entry>> PlaceAsync(UploadId upload, PlacedUpload kind, string name) => _tree.PlaceUploadAsync(
        TestSession.Me, EntryId.New(), upload, kind, new FileTarget(At(name), NameConflict.Replace), None);
}
