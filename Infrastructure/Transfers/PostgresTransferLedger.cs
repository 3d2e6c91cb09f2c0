using System.Text.Json;
using ChunkUpload.Core.Access;
using ChunkUpload.Core.Storage;
using ChunkUpload.Core.Transfers;
using ChunkUpload.Infrastructure.Audit;
using Dapper;
using Microsoft.AspNetCore.DataProtection;

namespace ChunkUpload.Infrastructure.Transfers;

/// <summary>
/// Transfers in PostgreSQL. Every statement may be repeated. Sessions at destinations are encrypted with the same keys as cookies.
/// </summary>
internal sealed partial class PostgresTransferLedger(
    LedgerCalls calls, Incarnation incarnation, IDataProtectionProvider protection, TimeProvider time)
    : ITransferLedger, ITransferWorkLedger
{
    private const string Add = $"""
        select a.v_result as result, a.v_transfer as transfer
        from add_transfer(jsonb_populate_record(null::transfers, @Transfer::jsonb), @Items::jsonb, @Most, @AllowEqual) a
        cross join lateral (select case when a.v_result = 'added' then ({ActParameters.Noted})::text end as noted offset 0) n
        where n.noted is not null or true
        """;

    private const string Recall = """
        select case when t.request_hash = @Hash then 'replayed' else 'other_request' end as result, t.id as transfer from transfers t
        where t.tenant = @Tenant and t.subject = @Subject and t.request_key = @Key
        """;

    private const string Find = $"""
        select {TransferRow.Columns} from transfers t
        where t.id = @Id and t.tenant = @Tenant and (@Owner::text is null or t.subject = @Owner)
        """;

    private const string Seen = """
        select id from transfers where id = any (@Ids) and tenant = @Tenant and (@Owner::text is null or subject = @Owner)
        """;

    private const string List = $"""
        select {TransferRow.Columns} from transfers t
        where t.tenant = @Tenant and t.sync is null and (@Owner::text is null or t.subject = @Owner)
              and (@Before::bigint is null or t.number < @Before)
              and (cardinality(@States::text[]) = 0 or t.state = any (@States)) and (@Wait::text is null or t.wait = @Wait)
              and (@Connection::uuid is null or t.source = @Connection or t.destination = @Connection)
              and (not @WithNotice or t.notice is not null and t.subject = @Subject)
              and (@Text::text is null or t.label ilike @Text or t.subject = @Subject and (
                   t.target_name ilike @Text
                   or exists (select from transfer_items i where i.transfer = t.id and i.parent is null and i.name ilike @Text)))
        order by t.number desc limit @Limit
        """;

    private const string SeenNotice = "update transfers set notice = null where id = @Id";

    private const string Items = $"""
        select {TransferItemRow.Columns} from transfer_items i
        where i.transfer = @Transfer and i.number > @After and (@State::text is null or i.state = @State)
              and (@Plan::text is null or coalesce(i.plan, case when i.state = 'skipped' then 'skip' end) = @Plan)
        order by i.number limit @Limit
        """;

    private const string Events = """
        select number, at, item, kind, text from transfer_events
        where transfer = @Transfer and number > @After order by number limit @Limit
        """;

    private const string Calls = """
        select number, at, item, side, operation, status, took_ms, request_id, fault from transfer_calls
        where transfer = @Transfer and (@Before::bigint is null or number < @Before) order by number desc limit @Limit
        """;

    private const string Change = $"""
        select c.items from (select change_transfer(@Id, @What, @ActorSubject) as items offset 0) c
        cross join lateral (select case when c.items is not null then ({ActParameters.Noted})::text end as noted offset 0) n
        where n.noted is not null or true
        """;

    private readonly IDataProtector _protector = protection.CreateProtector("ChunkUpload.TransferSessions");

    public async Task<AddedTransfer> AddAsync(
        Transfer transfer, IReadOnlyList<FoundItem> chosen, AddRules rules, CancellationToken cancellationToken) =>
        (await QueryAsync<AddedRow>(
            Add,
            ActParameters.Of(
                new
                {
                    Transfer = JsonSerializer.Serialize(new
                    {
                        id = transfer.Id,
                        tenant = transfer.Tenant,
                        subject = transfer.Subject,
                        scopes = (int)transfer.Scopes,
                        api_key = transfer.ApiKey,
                        label = transfer.Label,
                        source = transfer.Source,
                        destination = transfer.Destination,
                        target = transfer.Target,
                        target_name = transfer.TargetName,
                        options = JsonSerializer.Deserialize<JsonElement>(TransferRow.OptionsOf(transfer.Options)),
                        priority = (int)transfer.Priority,
                        planning = transfer.Planning,
                        deadline = transfer.Deadline?.ToUniversalTime(),
                        schedule = transfer.Schedule,
                        sync = transfer.Sync,
                        request_key = rules.Request?.Key,
                        request_hash = rules.Request is { } request ? $"\\x{request.Hash}" : null,
                        sameness = rules.Sameness is { } sameness ? $"\\x{sameness}" : null,
                    }),
                    Items = ItemsJson(chosen),
                    Most = rules.MostOpen,
                    rules.AllowEqual,
                },
                "transfer.made", transfer.Id.ToString("n"),
                ActParameters.Json(
                    ("label", transfer.Label), ("source", transfer.Source?.ToString("n") ?? "own"),
                    ("destination", transfer.Destination?.ToString("n") ?? "own")),
                transfer.Tenant),
            cancellationToken)).Single().ToAdded();

    public async Task<AddedTransfer?> RecallAsync(Caller caller, KeyedRequest request, CancellationToken cancellationToken) =>
        (await QueryAsync<AddedRow>(
            Recall, new { caller.Tenant, caller.Subject, request.Key, Hash = request.Hash.ToArray() }, cancellationToken))
            .SingleOrDefault()?.ToAdded();

    public async Task<Transfer?> FindAsync(Caller caller, Guid id, CancellationToken cancellationToken) =>
        (await QueryAsync<TransferRow>(Find, new { Id = id, caller.Tenant, caller.Owner }, cancellationToken))
            .SingleOrDefault()?.ToTransfer();

    public Task<IReadOnlyList<Guid>> SeenAsync(Caller caller, IReadOnlyCollection<Guid> ids, CancellationToken cancellationToken) =>
        QueryAsync<Guid>(Seen, new { Ids = ids.ToArray(), caller.Tenant, caller.Owner }, cancellationToken);

    public async Task<IReadOnlyList<Transfer>> ListAsync(TransferQuery query, CancellationToken cancellationToken) =>
        [.. (await QueryAsync<TransferRow>(
            List,
            new
            {
                query.Caller.Tenant,
                query.Caller.Owner,
                query.Before,
                States = query.States.Select(state => Words.Of(state)).ToArray(),
                Wait = Words.Of(query.Wait),
                query.Connection,
                Text = query.Text is { } text ? $"%{LedgerRows.EscapeLike(text)}%" : null,
                query.WithNotice,
                query.Caller.Subject,
                query.Limit,
            },
            cancellationToken)).Select(row => row.ToTransfer())];

    public Task SeenNoticeAsync(Guid transfer, CancellationToken cancellationToken) => calls.RunAsync(
        (connection, stop) => connection.ExecuteAsync(Command(SeenNotice, new { Id = transfer }, stop)), cancellationToken);

    public async Task<IReadOnlyList<TransferItem>> ItemsAsync(
        Guid transfer, TransferItemState? state, PlannedAs? plan, long after, int limit, CancellationToken cancellationToken) =>
        await ItemsAsync(
            Items, new { Transfer = transfer, State = Words.Of(state), Plan = Words.Of(plan), After = after, Limit = limit },
            cancellationToken);

    public async Task<IReadOnlyList<TransferEvent>> EventsAsync(
        Guid transfer, long after, int limit, CancellationToken cancellationToken) =>
        [.. (await QueryAsync<TransferEventRow>(Events, new { Transfer = transfer, After = after, Limit = limit }, cancellationToken))
            .Select(row => row.ToEvent())];

    public async Task<IReadOnlyList<RecordedCall>> CallsAsync(
        Guid transfer, long? before, int limit, CancellationToken cancellationToken) =>
        [.. (await QueryAsync<TransferCallRow>(Calls, new { Transfer = transfer, Before = before, Limit = limit }, cancellationToken))
            .Select(row => row.ToCall())];

    public Task<bool> PauseAsync(Transfer transfer, CancellationToken cancellationToken) =>
        IsChangedAsync(transfer, "pause", cancellationToken);

    public Task<bool> ResumeAsync(Transfer transfer, CancellationToken cancellationToken) =>
        IsChangedAsync(transfer, "resume", cancellationToken);

    public Task<bool> CancelAsync(Transfer transfer, CancellationToken cancellationToken) =>
        IsChangedAsync(transfer, "cancel", cancellationToken);

    public async Task<int> RetryAsync(Transfer transfer, CancellationToken cancellationToken) =>
        (int)(await ChangeAsync(transfer, "retry", cancellationToken) ?? 0);

    private Task<long?> ChangeAsync(Transfer transfer, string what, CancellationToken cancellationToken) => calls.RunAsync(
        (connection, stop) => connection.ExecuteScalarAsync<long?>(Command(
            Change,
            ActParameters.Of(
                new { transfer.Id, What = what }, $"transfer.{what}", transfer.Id.ToString("n"), tenant: transfer.Tenant),
            stop)),
        cancellationToken);

    private static string ItemsJson(IEnumerable<FoundItem> items) => JsonSerializer.Serialize(items.Select(one => new
    {
        id = one.Id,
        parent = one.Parent,
        kind = Words.Of(one.Item.Kind),
        name = one.Item.Name,
        path = one.Path,
        source = one.Item.Id,
        size = one.Item.Size,
        modified = one.Item.Modified is { } at ? TimeOf(at) : (DateTimeOffset?)null,
        type = one.Item.MediaType,
        skip = one.Item.Skip,
        given = one.Given,
        replaces = one.Replaces?.Id,
        replaces_version = one.Replaces?.Pin,
    }));

    // PostgreSQL would round the last instant of the year 9999 to a value that .NET cannot represent.
    private static DateTimeOffset TimeOf(DateTimeOffset at) => new(at.UtcTicks - (at.UtcTicks % 10), TimeSpan.Zero);

    private static CommandDefinition Command(string text, object? parameters, CancellationToken cancellationToken) =>
        new(text, parameters, cancellationToken: cancellationToken);

    private Task<T> AskAsync<T>(string text, object parameters, CancellationToken cancellationToken)
        where T : struct =>
        calls.RunAsync((connection, stop) => connection.ExecuteScalarAsync<T>(Command(text, parameters, stop)), cancellationToken);

    private Task<IReadOnlyList<T>> QueryAsync<T>(string text, object parameters, CancellationToken cancellationToken) =>
        calls.RunAsync<IReadOnlyList<T>>(
            async (connection, stop) => [.. await connection.QueryAsync<T>(Command(text, parameters, stop))], cancellationToken);

    private async Task<IReadOnlyList<TransferItem>> ItemsAsync(string text, object parameters, CancellationToken cancellationToken) =>
        [.. (await QueryAsync<TransferItemRow>(text, parameters, cancellationToken)).Select(row => row.ToItem(Opened))];
}
