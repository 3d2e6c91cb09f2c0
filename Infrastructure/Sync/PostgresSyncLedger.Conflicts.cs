using ChunkUpload.Core.Access;
using ChunkUpload.Core.Sync;
using ChunkUpload.Infrastructure.Audit;
using ChunkUpload.Wire.Sync;

namespace ChunkUpload.Infrastructure.Sync;

/// <summary>Conflicts of pairs, and the decisions about them.</summary>
internal sealed partial class PostgresSyncLedger
{
    private const string Conflicts = $"""
        select {SyncConflictRow.Columns} from sync_conflicts c join syncs s on s.id = c.sync
        where s.tenant = @Tenant and s.subject = @Subject and (@Pair::uuid is null or c.sync = @Pair)
              and (c.answer is not null) = @Decided and (@Before::bigint is null or c.number < @Before)
        order by c.number desc limit @Limit
        """;

    private const string FindConflict = $"""
        select {SyncConflictRow.Columns} from sync_conflicts c join syncs s on s.id = c.sync
        where c.id = @Id and s.tenant = @Tenant and s.subject = @Subject
        """;

    private const string Decide = $"""
        select c.decided from (select decide_conflict(@Id, @Answer, @Digest) as decided offset 0) c
        cross join lateral (select case when c.decided then ({ActParameters.Noted})::text end as noted offset 0) n
        where n.noted is not null or true
        """;

    private const string TakeBack = $"""
        select c.taken from (select take_back_conflict(@Id, @Entry, @Version, @Size) as taken offset 0) c
        cross join lateral (select case when c.taken then ({ActParameters.Noted})::text end as noted offset 0) n
        where n.noted is not null or true
        """;

    private const string Base = """
        select path, kind, left_id, left_version, right_kind, right_id, right_version, size, right_size, sha256, right_sha256, missing
        from sync_items where sync = @Pair and path = @Path
        """;

    async Task<IReadOnlyList<SyncConflictItem>> ISyncConflictLedger.ListAsync(
        Caller caller, Guid? pair, bool decided, long? before, int limit, CancellationToken cancellationToken) =>
        [.. (await QueryAsync<SyncConflictRow>(
                Conflicts,
                new { caller.Tenant, caller.Subject, Pair = pair, Decided = decided, Before = before, Limit = limit },
                cancellationToken))
            .Select(row => row.ToConflict())];

    async Task<SyncConflictItem?> ISyncConflictLedger.FindAsync(Caller caller, Guid id, CancellationToken cancellationToken) =>
        (await QueryAsync<SyncConflictRow>(FindConflict, new { Id = id, caller.Tenant, caller.Subject }, cancellationToken))
            .SingleOrDefault()?.ToConflict();

    public async Task<bool> DecideAsync(
        Caller caller, SyncConflictItem conflict, SyncAnswer answer, string digest, CancellationToken cancellationToken) =>
        (await QueryAsync<bool>(
            Decide,
            ActParameters.Of(
                new { conflict.Id, Answer = Words.Of(answer), Digest = digest }, "sync.decided", conflict.Pair.ToString("n"),
                ActParameters.Json(("path", conflict.Path), ("answer", Words.Of(answer))), caller.Tenant),
            cancellationToken)).Single();

    public async Task<SyncBase?> BaseAsync(SyncPair pair, string path, CancellationToken cancellationToken) =>
        (await QueryAsync<SyncItemRow>(Base, new { Pair = pair.Id, Path = path }, cancellationToken))
            .SingleOrDefault()?.ToBase();

    public async Task<bool> TakeBackAsync(
        Caller caller, SyncConflictItem conflict, SinkEntry? restored, CancellationToken cancellationToken) =>
        (await QueryAsync<bool>(
            TakeBack,
            ActParameters.Of(
                new { conflict.Id, Entry = restored?.Id, Version = restored?.Pin, Size = restored?.Size }, "sync.taken_back",
                conflict.Pair.ToString("n"), ActParameters.Json(("path", conflict.Path)), caller.Tenant),
            cancellationToken)).Single();
}
