using System.Text.Json;
using ChunkUpload.Core.Sync;
using ChunkUpload.Core.Work;
using ChunkUpload.Infrastructure.Transfers;
using ChunkUpload.Wire.Sync;
using Dapper;

namespace ChunkUpload.Infrastructure.Sync;

/// <summary>The state of pairs for the worker.</summary>
internal sealed partial class PostgresSyncLedger
{
    private const string Get = $"select {SyncRow.Columns} from syncs s where s.id = @Id";

    private const string Bases = """
        select path, kind, left_id, left_version, right_kind, right_id, right_version, size, right_size, sha256, right_sha256, missing
        from sync_items where sync = @Pair;
        select path, reason from sync_failures where sync = @Pair and until > now();
        select count(*) from sync_events where sync = @Pair and kind = 'removed' and at > now() - @Window;
        select path, side from sync_events where sync = @Pair and side is not null and path is not null and at > now() - @Lately;
        select path, digest, answer from sync_conflicts
        where sync = @Pair and settled_at is null and answer is not null and answered_by = 'owner';
        """;

    private const string Sequence =
        "select p.sequence from entries e join spaces p on p.id = e.space where e.id = @Folder";

    // A lock on the folder itself or above it covers the whole folder and is returned with the folder's id.
    private const string Locked = """
        select e.id from entries r cross join lateral locks_below(r.space, r.id) l
        join entries e on e.space = l.space and e.parent = l.parent and e.name = l.name
        where r.id = @Folder
        union
        select r.id from entries r cross join lateral locks_over(r.space, r.parent, case when r.parent is null then '' else r.name end) l
        where r.id = @Folder and l.deep
        """;

    private const string Save =
        "select save_sync_items(@Incarnation, @Work, @Epoch, @Pair, @Items::jsonb, @Gone, @Missing, @Events::jsonb)";

    private const string Rest = "select rest_sync(@Incarnation, @Work, @Epoch, @Pair, @Left, @Right, @Pause)";

    private const string End = "select end_sync_look(@Incarnation, @Work, @Epoch, @Pair, @Look::jsonb, @Pause)";

    public async Task<SyncPair?> GetAsync(Guid pair, CancellationToken cancellationToken) =>
        (await QueryAsync<SyncRow>(Get, new { Id = pair }, cancellationToken)).SingleOrDefault()?.ToPair();

    public Task<SyncBases> BasesAsync(SyncPair pair, CancellationToken cancellationToken) => calls.RunAsync(
        async (connection, stop) =>
        {
            await using var answers = await connection.QueryMultipleAsync(
                new CommandDefinition(
                    Bases, new { Pair = pair.Id, RemovalBrake.Window, Lately = SyncBackAndForth.Window }, cancellationToken: stop));
            var rows = (await answers.ReadAsync<SyncItemRow>()).ToList();
            var failing = (await answers.ReadAsync<(string Path, string? Reason)>()).ToDictionary(
                row => row.Path, row => row.Reason, StringComparer.Ordinal);
            var removed = await answers.ReadSingleAsync<long>();
            var steps = await answers.ReadAsync<(string Path, string Side)>();
            var decided = (await answers.ReadAsync<(string Path, string Digest, string Answer)>()).ToDictionary(
                row => row.Path, row => (row.Digest, Words.Parse<SyncAnswer>(row.Answer)), StringComparer.Ordinal);
            return new SyncBases(
                rows.ToDictionary(row => row.Path, row => row.ToBase(), StringComparer.Ordinal),
                rows.Where(row => row.Missing).Select(row => row.Path).ToHashSet(StringComparer.Ordinal), failing,
                (int)Math.Min(removed, int.MaxValue),
                SyncBackAndForth.Find(steps.Select(step => (step.Path, Words.Parse<SyncSide>(step.Side)))), decided);
        },
        cancellationToken);

    public async Task<long?> SequenceAsync(string folder, CancellationToken cancellationToken) =>
        Guid.TryParse(folder, out var id)
            ? (await QueryAsync<long?>(Sequence, new { Folder = id }, cancellationToken)).SingleOrDefault()
            : null;

    public async Task<IReadOnlySet<string>> LockedAsync(string folder, CancellationToken cancellationToken) =>
        Guid.TryParse(folder, out var id)
            ? (await QueryAsync<Guid>(Locked, new { Folder = id }, cancellationToken)).Select(one => one.ToString("n"))
                .ToHashSet(StringComparer.Ordinal)
            : new HashSet<string>();

    public Task<bool> SaveAsync(WorkItem lease, SyncPair pair, SyncRecords records, CancellationToken cancellationToken) => AskAsync(
        Save,
        LeaseParameters.Of(incarnation, lease, new
        {
            Pair = pair.Id,
            Items = JsonSerializer.Serialize(records.Agreed.Select(item => RowOf(item.Key, item.Value))),
            Gone = records.Gone.ToArray(),
            Missing = records.Missing.ToArray(),
            Events = JsonSerializer.Serialize(records.Events.Select(one => new
            {
                kind = one.Kind,
                path = one.Path,
                text = one.Text,
                side = Words.Of(one.At),
            })),
        }),
        cancellationToken);

    public Task<bool> EndAsync(
        WorkItem lease, SyncPair pair, SyncLookEnd end, TimeSpan pause, CancellationToken cancellationToken) => AskAsync(
            End,
            LeaseParameters.Of(incarnation, lease, new
            {
                Pair = pair.Id,
                Look = LookOf(end),
                Pause = pause,
            }),
            cancellationToken);

    public Task<bool> RestAsync(
        WorkItem lease, SyncPair pair, string? leftPosition, string? rightPosition, TimeSpan pause, CancellationToken cancellationToken) =>
        AskAsync(
            Rest,
            LeaseParameters.Of(incarnation, lease, new
            {
                Pair = pair.Id,
                Left = leftPosition,
                Right = rightPosition,
                Pause = pause,
            }),
            cancellationToken);

    public Task<long> WakeAsync(IReadOnlyList<WatchedFolder> watched, CancellationToken cancellationToken) => calls.RunAsync(
        (connection, stop) => connection.ExecuteScalarAsync<long>(new CommandDefinition(
            "select wake_syncs(@Connections, @Roots, @Positions)",
            new
            {
                Connections = watched.Select(folder => folder.Connection).ToArray(),
                Roots = watched.Select(folder => folder.Root).ToArray(),
                Positions = watched.Select(folder => folder.Position).ToArray(),
            },
            cancellationToken: stop)),
        cancellationToken);

    private static string LookOf(SyncLookEnd end)
    {
        var look = new Dictionary<string, object?>
        {
            ["state"] = Words.Of(end.State),
            ["wait"] = Words.Of(end.Wait),
            ["reason"] = end.Reason,
            ["question"] = end.Question is null ? null : JsonSerializer.SerializeToElement(end.Question, TransferRow.Json),
            ["question_digest"] = end.Question?.Digest,
            ["transfer"] = end.Transfer,
            ["restored"] = end.IsRestored,
            ["sequence"] = end.Sequence,
            ["right_sequence"] = end.RightSequence,
            ["left_out"] = end.LeftOut,
            ["left_position"] = end.LeftPosition,
            ["right_position"] = end.RightPosition,
        };
        // If a scan returns no conflicts, those of the previous scan are kept.
        if (end.Conflicts is { } conflicts)
        {
            look["conflicts"] = conflicts.Select(SyncConflictRow.Of).ToList();
            look["undone"] = end.Undone;
        }

        if (end.Findings is { } found)
            look["found"] = JsonSerializer.SerializeToElement(found, TransferRow.Json);
        return JsonSerializer.Serialize(look);
    }

    private static object RowOf(string path, SyncBase agreed)
    {
        var sha256 = agreed.Left.Digests.GetValueOrDefault(SyncEntry.ReadDigest);
        var rightSha256 = agreed.Right?.Digests.GetValueOrDefault(SyncEntry.ReadDigest);
        return new
        {
            path,
            kind = KindOf(agreed.Left),
            left_id = agreed.Left.Id,
            left_version = agreed.Left.Version,
            right_kind = agreed.Right is { } right && right.IsFolder != agreed.Left.IsFolder ? KindOf(right) : null,
            right_id = agreed.Right?.Id,
            right_version = agreed.Right?.Version,
            size = agreed.Left.Size,
            right_size = agreed.Right?.Size != agreed.Left.Size ? agreed.Right?.Size : null,
            sha256,
            right_sha256 = rightSha256 != sha256 ? rightSha256 : null,
        };
    }

    private static string KindOf(SyncEntry entry) => entry.IsFolder ? "folder" : "file";

    private Task<bool> AskAsync(string text, object parameters, CancellationToken cancellationToken) => calls.RunAsync(
        (connection, stop) => connection.ExecuteScalarAsync<bool>(new CommandDefinition(text, parameters, cancellationToken: stop)),
        cancellationToken);
}
