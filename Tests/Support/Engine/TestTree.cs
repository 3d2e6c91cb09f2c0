using System.Text;
using ChunkUpload.Core.Access;
using ChunkUpload.Core.Tree;
using ChunkUpload.Core.Intake;
using Dapper;

namespace ChunkUpload.Tests.Support.Engine;

/// <summary>The tree of an engine, by short paths and texts. Paths that begin with "o:" are in another space.</summary>
internal sealed class TestTree(EngineRig rig)
{
    public const string Folder = "/";

    private const string Other = "o:";

    private static readonly Caller Owner = new(Caller.DefaultTenant, Caller.UserSubject(new Guid(1, 2, 3, 4, 5, 6, 7, 8, 9, 10, 11)));

    private EntryId? _other;

    public EngineRig Rig => rig;

    private FileTree Files => rig.Get<FileTree>();

    private Trash Trash => rig.Get<Trash>();

    public Task OwnSpaceAsync() => OtherSpaceAsync();

    public Task<EntryId> SpaceAsync() => Files.DefaultSpaceAsync(TestSession.Me, CancellationToken.None);

    public async Task<Upload> PublishAsync(string path, string content, NameConflict conflict = NameConflict.Replace)
    {
        var target = TestSession.Expect(await Files.BindUploadAsync(
            await SpaceAsync(), Names(path), conflict, parents: true, atOnce: false, CancellationToken.None));
        return await ReceiveAsync(content, target);
    }

    /// <summary>Receives an upload, which is unfiled if there is no target.</summary>
    public async Task<Upload> ReceiveAsync(string content, FileTarget? target = null) => TestSession.Expect(await rig.Files.ReceiveAsync(
        new WantedUpload(TestSession.Me, UploadProtocol.Put, "file", "text/plain") { Target = target },
        TestBody.Of(Encoding.UTF8.GetBytes(content)), CancellationToken.None));

    public async Task<Entry> FileUploadAsync(UploadId upload, string path) => TestSession.Expect(await Files.FileUploadAsync(
        TestSession.Me, upload, new FileTarget(await PlaceAsync(path), NameConflict.Fail), CancellationToken.None));

    public async Task<Entry> FolderAsync(string path) => TestSession.Expect(await Files.MakeFolderAsync(
        TestSession.Me, await PlaceAsync(path), NameConflict.Fail, null, null, CancellationToken.None));

    public async Task<Entry> LinkAsync(string path, string target) => TestSession.Expect(await Files.MakeLinkAsync(
        TestSession.Me, await PlaceAsync(path), NameConflict.Fail, target, null, CancellationToken.None));

    public async Task CopyAsync(string from, string to) => TestSession.Expect(await Files.CopyAsync(
        TestSession.Me, await FindAsync(from), await PlaceAsync(to), Names(to), NameConflict.Fail, CancellationToken.None));

    public async Task MoveAsync(string from, string to) => TestSession.Expect(await Files.ChangeAsync(
        TestSession.Me, (await FindAsync(from)).Entry,
        new EntryChange(await PlaceAsync(to), NameConflict.Fail, null, null, null, TestSession.Me.Subject), CancellationToken.None));

    public async Task MoveOverAsync(string from, string to) => TestSession.Expect(await Files.MoveOverAsync(
        TestSession.Me, (await FindAsync(from)).Entry, await PlaceAsync(to), overwrite: true, CancellationToken.None));

    /// <summary>Moves an entry to another space; for a folder, only begins the move.</summary>
    public async Task BeginMoveAsync(string from, string to) => TestSession.Expect(await rig.Get<SpaceMover>().BeginAsync(
        TestSession.Me, (await FindAsync(from)).Entry, await PlaceAsync(to), NameConflict.Fail, CancellationToken.None));

    public async Task FinishMovesAsync()
    {
        foreach (var move in await rig.Get<IMoveLedger>().OpenMovesAsync(CancellationToken.None))
            await rig.Get<SpaceMover>().RunAsync(move, _ => { }, CancellationToken.None);
    }

    public async Task<Entry> RemoveAsync(string path) => TestSession.Expect(await Files.RemoveAsync(
        TestSession.Me, (await FindAsync(path)).Entry, null, CancellationToken.None));

    public async Task RestoreAsync(EntryId id, int? version = null, string? path = null) => TestSession.Expect(await Trash.RestoreAsync(
        TestSession.Me, await RemovedAsync(id, version), path is null ? null : Names(path), NameConflict.Fail, CancellationToken.None));

    public async Task GiveUpAsync(EntryId id, int? version = null) =>
        await Trash.EndAsync(await RemovedAsync(id, version), CancellationToken.None);

    public async Task EmptyAsync()
    {
        foreach (var space in await SpacesAsync())
            await Trash.EmptyAsync(space, CancellationToken.None);
    }

    public async Task<long> PurgeAsync() => (await rig.Get<TrashPurger>().RunAsync(null, CancellationToken.None)).Ended;

    public async Task<PlacedEntry> FindAsync(string path) =>
        TestSession.Expect(await Files.FindAsync(await SpaceOfAsync(path), Names(path), CancellationToken.None));

    /// <summary>Everything that is live: paths, each with the digest of its content, the target of a link, or "/" for a folder.</summary>
    public async Task<SortedDictionary<string, string>> ReadAsync()
    {
        var live = new SortedDictionary<string, string>(StringComparer.Ordinal);
        foreach (var space in await SpacesAsync())
        {
            var prefix = space == await SpaceAsync() ? "" : Other;
            IReadOnlyList<string>? after = null;
            while (await rig.Tree.WalkAsync(space, after, 100, CancellationToken.None) is { Count: > 0 } page)
            {
                foreach (var (path, entry) in page)
                {
                    live[prefix + TreePath.Join(path)] = entry.Kind == EntryKind.Folder
                        ? Folder
                        : entry.LinkTarget ?? entry.Sha256.ToString()!;
                }

                after = page[^1].Path;
            }
        }

        return live;
    }

    public static string Of(string content) => Sha256Digest.Of(Encoding.UTF8.GetBytes(content)).ToString();

    /// <summary>Checks that the replayed changes yield the tree, and that the rows agree with each other.</summary>
    public async Task AssertTrueAsync()
    {
        await using var connection = await rig.ConnectAsync();
        foreach (var (what, query) in Faults)
            Assert.True(!(await connection.QueryAsync<Guid>(query)).Any(), what);
        foreach (var space in await connection.QueryAsync<Guid>("select id from spaces"))
        {
            var known = new Dictionary<EntryId, TreeChange>();
            var page = await rig.Tree.ChangesAsync(new EntryId(space), 0, int.MaxValue, CancellationToken.None);
            Assert.Equal(
                Enumerable.Range(1, (int)page.Sequence).Select(number => (long)number), page.Changes.Select(change => change.Number));
            foreach (var change in page.Changes)
                known[change.Entry.Id] = change;
            var rows = await connection.QueryAsync<(Guid Id, Guid Parent, string Name, long Revision, int? Version, bool Removed)>(
                """
                select id, parent, name, revision, version, removed_at is not null from entries
                where space = @space and parent is not null and not purging
                """,
                new { space });
            foreach (var row in rows)
            {
                var (entry, kind) = (known[new EntryId(row.Id)].Entry, known[new EntryId(row.Id)].Kind);
                Assert.Equal(
                    (row.Parent, row.Name, row.Revision, row.Version, row.Removed),
                    (entry.Parent!.Value.Value, entry.Name, entry.Revision, entry.Version, kind == "removed"));
            }
        }
    }

    private static (string What, string Query)[] Faults =>
    [
        ("A space has other counters than rows.", """
            select s.id from spaces s
            where s.entries <> (select count(*) from entries e where e.space = s.id and e.parent is not null)
               or s.bytes <> (select coalesce(sum(v.size), 0) from entry_versions v join entries e on e.id = v.entry where e.space = s.id)
               or s.earlier_bytes <> (
                   select coalesce(sum(v.size), 0) from entry_versions v join entries e on e.id = v.entry
                   where e.space = s.id and v.until is not null)
            """),
        ("A version names an upload that is not there.", """
            select v.entry from entry_versions v left join uploads u on u.id = v.upload
            where u.id is null or u.state <> 'completed' or u.target_space is null or u.size <> v.size
            """),
        ("A published upload is named by no version.", """
            select u.id from uploads u where u.state = 'completed' and u.target_space is not null
               and not exists (select from entry_versions v where v.upload = u.id)
            """),
        ("A live entry has no live folder, or a file no content.", """
            select e.id from entries e left join entries p on p.id = e.parent
            left join entry_versions v on v.entry = e.id and v.number = e.version
            where not e.purging and e.removed_at is null
              and ((e.parent is not null and p.kind is distinct from 'folder') or (e.kind = 'file' and v.size is distinct from e.size))
            """),
        ("An earlier content is never looked at by the purge, or a present one is.", """
            select v.entry from entry_versions v where (v.until is null) <> (v.due is null) or (v.until is null and v.kept)
            """),
        ("A policy belongs to no folder.", """
            select p.folder from version_policies p left join entries e on e.id = p.folder and e.space = p.space
            where p.space <> '00000000-0000-0000-0000-000000000000' and e.kind is distinct from 'folder'
            """),
        ("A file has two present contents, or none.", """
            select e.id from entries e where e.kind = 'file' and not e.purging
               and 1 <> (select count(*) from entry_versions v where v.entry = e.id and v.until is null)
            """),
    ];

    private async Task<TrashItem> RemovedAsync(EntryId id, int? version) =>
        TestSession.Expect(await Trash.FindAsync(await SpaceAsync(), id, version, CancellationToken.None));

    private static IReadOnlyList<string> Names(string path) => TreePath.Parse(path[(path.StartsWith(Other, StringComparison.Ordinal)
        ? Other.Length
        : 0)..], out _)!;

    public Task<EntryId> SpaceOfAsync(string path) => path.StartsWith(Other, StringComparison.Ordinal) ? OtherSpaceAsync() : SpaceAsync();

    private async Task<EntryId> OtherSpaceAsync() =>
        _other ??= await rig.Get<ITreeLedger>().OwnSpaceAsync(Owner, CancellationToken.None);

    /// <summary>The default space, and the other one if it was made.</summary>
    private async Task<IEnumerable<EntryId>> SpacesAsync()
    {
        await SpaceAsync();
        await using var connection = await rig.ConnectAsync();
        return (await connection.QueryAsync<Guid>("select id from spaces order by created_at, id")).Select(id => new EntryId(id));
    }

    public async Task<Place> PlaceAsync(string path) =>
        TestSession.Expect(await Files.PlaceAsync(await SpaceOfAsync(path), Names(path), true, CancellationToken.None)).Place;
}
