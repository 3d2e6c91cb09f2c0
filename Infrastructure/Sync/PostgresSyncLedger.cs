using System.Text.Json;
using ChunkUpload.Core.Access;
using ChunkUpload.Core.Storage;
using ChunkUpload.Core.Sync;
using ChunkUpload.Infrastructure.Audit;
using ChunkUpload.Infrastructure.Transfers;
using Dapper;

namespace ChunkUpload.Infrastructure.Sync;

/// <summary>Pairs of folders in PostgreSQL. Every statement may be repeated.</summary>
internal sealed partial class PostgresSyncLedger(LedgerCalls calls, Incarnation incarnation) : ISyncLedger, ISyncConflictLedger,
    ISyncWorkLedger
{
    private const string Add = $"""
        select c.result from (
            select add_sync(jsonb_populate_record(null::syncs, @Pair::jsonb), @Most) as result offset 0
        ) c
        cross join lateral (select case when c.result = 'added' then ({ActParameters.Noted})::text end as noted offset 0) n
        where n.noted is not null or true
        """;

    private const string Find = $"select {SyncRow.Columns} from syncs s where s.id = @Id and s.tenant = @Tenant and s.subject = @Subject";

    private const string List =
        $"select {SyncRow.Columns} from syncs s where s.tenant = @Tenant and s.subject = @Subject order by s.number";

    private const string Statistics = """
        with own as (select * from syncs where tenant = @Tenant and subject = @Subject),
        files as (
            select count(*) filter (where i.state = 'running') as copying,
                   count(*) filter (where i.state in ('ready', 'queued')) as pending,
                   count(*) filter (where i.state = 'done' and i.ended_at > now() - interval '1 day') as done
            from own s join transfers t on t.sync = s.id join transfer_items i on i.transfer = t.id and i.kind = 'file'
        )
        select (select count(*) from own) as pairs, (select count(*) from own where state <> 'paused') as live,
               (select coalesce(sum(items), 0)::bigint from own) as items, f.pending, f.copying, f.done,
               (select count(*) from own s join sync_failures x on x.sync = s.id) as failed,
               (select count(*) from own s join sync_conflicts c on c.sync = s.id
                where c.settled_at is null and c.answer is null) as conflicts
        from files f
        """;

    private const string Seen = "select id from syncs where id = any (@Ids) and tenant = @Tenant and subject = @Subject";

    private const string Remove = $"""
        with gone as (select id from syncs where id = @Id and tenant = @Tenant and subject = @Subject for update)
        select {ActParameters.Noted}, remove_syncs(array[id]) from gone
        """;

    private const string Change = $"""
        select c.changed from (select change_sync(@Id, @What, @Digest) as changed offset 0) c
        cross join lateral (select case when c.changed then ({ActParameters.Noted})::text end as noted offset 0) n
        where n.noted is not null or true
        """;

    private const string Items = """
        select coalesce(i.path, f.path) as path, coalesce(i.kind, 'file') as kind, i.size, f.reason, f.until,
               case when f.path is not null then 'failing' when i.missing then 'missing'
                    when i.right_id is null or i.left_id = '' then 'left_alone'
                    when i.right_sha256 is not null or i.right_kind is not null then 'left_alone' else 'in_step' end as state
        from sync_items i full join (select * from sync_failures where sync = @Pair) f on f.path = i.path and f.sync = i.sync
        where (i.sync = @Pair or f.sync = @Pair) and (not @Failing or f.path is not null)
              and (@After::text is null or coalesce(i.path, f.path) > @After)
        order by coalesce(i.path, f.path) limit @Limit
        """;

    private const string Events = """
        select number, at, kind, path, text from sync_events
        where sync = @Pair and (@Before::bigint is null or number < @Before) order by number desc limit @Limit
        """;

    public async Task<bool> AddAsync(SyncPair pair, int most, CancellationToken cancellationToken) =>
        (await QueryAsync<string>(
            Add,
            ActParameters.Of(
                new
                {
                    Pair = JsonSerializer.Serialize(new
                    {
                        id = pair.Id,
                        tenant = pair.Tenant,
                        subject = pair.Subject,
                        scopes = (int)pair.Scopes,
                        api_key = pair.ApiKey,
                        title = pair.Title,
                        left_connection = pair.Left.Connection,
                        left_root = pair.Left.Root,
                        left_name = pair.Left.Name,
                        left_items = pair.Left.Items,
                        right_connection = pair.Right.Connection,
                        right_root = pair.Right.Root,
                        right_name = pair.Right.Name,
                        way = Words.Of(pair.Way),
                        conflict_rule = Words.Of(pair.ConflictRule),
                        options = JsonSerializer.Deserialize<JsonElement>(TransferRow.OptionsOf(pair.Options)),
                        interval_seconds = (int)pair.Interval.TotalSeconds,
                        cron = pair.Cron,
                        once = pair.Once,
                    }),
                    Most = most,
                },
                "sync.made", pair.Id.ToString("n"),
                ActParameters.Json(
                    ("title", pair.Title), ("left", pair.Left.Connection?.ToString("n") ?? "own"),
                    ("right", pair.Right.Connection?.ToString("n") ?? "own")),
                pair.Tenant),
            cancellationToken)).Single() == "added";

    public async Task<SyncPair?> FindAsync(Caller caller, Guid id, CancellationToken cancellationToken) =>
        (await QueryAsync<SyncRow>(Find, new { Id = id, caller.Tenant, caller.Subject }, cancellationToken)).SingleOrDefault()?.ToPair();

    public async Task<IReadOnlyList<SyncPair>> ListAsync(Caller caller, CancellationToken cancellationToken) =>
        [.. (await QueryAsync<SyncRow>(List, new { caller.Tenant, caller.Subject }, cancellationToken)).Select(row => row.ToPair())];

    public async Task<SyncStatistics> StatisticsAsync(Caller caller, CancellationToken cancellationToken) =>
        (await QueryAsync<SyncStatistics>(Statistics, new { caller.Tenant, caller.Subject }, cancellationToken)).Single();

    public Task<IReadOnlyList<Guid>> SeenAsync(Caller caller, IReadOnlyCollection<Guid> ids, CancellationToken cancellationToken) =>
        QueryAsync<Guid>(Seen, new { Ids = ids.ToArray(), caller.Tenant, caller.Subject }, cancellationToken);

    public async Task<bool> RemoveAsync(Caller caller, Guid id, CancellationToken cancellationToken) =>
        (await QueryAsync<dynamic>(
            Remove,
            ActParameters.Of(new { Id = id, caller.Tenant, caller.Subject }, "sync.removed", id.ToString("n"), tenant: caller.Tenant),
            cancellationToken)).Count > 0;

    public async Task<bool> ChangeAsync(SyncPair pair, string what, string? digest, CancellationToken cancellationToken) =>
        (await QueryAsync<bool>(
            Change,
            ActParameters.Of(
                new { pair.Id, What = what, Digest = digest }, $"sync.{what}", pair.Id.ToString("n"),
                ActParameters.Json(("removals", Number(pair.Question?.Removals)), ("conflicts", Number(pair.Question?.Conflicts))),
                pair.Tenant),
            cancellationToken)).Single();

    public async Task<IReadOnlyList<SyncItem>> ItemsAsync(
        Guid pair, bool failing, string? after, int limit, CancellationToken cancellationToken) =>
        [.. (await QueryAsync<SyncListRow>(Items, new { Pair = pair, Failing = failing, After = after, Limit = limit }, cancellationToken))
            .Select(row => row.ToItem())];

    public async Task<IReadOnlyList<SyncEvent>> EventsAsync(Guid pair, long? before, int limit, CancellationToken cancellationToken) =>
        [.. (await QueryAsync<SyncEventRow>(Events, new { Pair = pair, Before = before, Limit = limit }, cancellationToken))
            .Select(row => row.ToEvent())];

    private static string? Number(int? number) => number?.ToString(System.Globalization.CultureInfo.InvariantCulture);

    private Task<IReadOnlyList<T>> QueryAsync<T>(string text, object parameters, CancellationToken cancellationToken) =>
        calls.RunAsync<IReadOnlyList<T>>(
            async (connection, stop) => [.. await connection.QueryAsync<T>(
                new CommandDefinition(text, parameters, cancellationToken: stop))],
            cancellationToken);
}
