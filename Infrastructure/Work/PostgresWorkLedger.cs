using System.Text.Json;
using ChunkUpload.Core.Storage;
using ChunkUpload.Core.Work;
using Dapper;

namespace ChunkUpload.Infrastructure.Work;

/// <summary>The work queue in PostgreSQL. Every statement may be repeated.</summary>
internal sealed class PostgresWorkLedger(LedgerCalls calls, Incarnation incarnation) : IWorkLedger
{
    internal const string Claim = "select c.* from claim_work(@Incarnation, @Kinds, @Leases, @Limits) c";

    internal const string Wake = "select wake_work(@Incarnation)";

    private const string Add = """
        select add_work(n.kind, n.reference, n.keys, coalesce(n.due_at, now()), n.priority, n.position)
        from json_to_recordset(@Items::json)
             n (kind text, reference uuid, keys text[], due_at timestamptz, priority smallint, position bigint)
        """;

    private const string Change = "select change_work(@Kind, @Reference, @Due, @Priority, @Position)";

    private const string Withdraw = "select withdraw_work(@Kind, @References)";

    private const string SetKey = """
        select set_work_key(@Key, @AtOnce, @Paused, case when @Clear then '-infinity' else @NotBefore::timestamptz end)
        """;

    private const string ForgetKeys = "delete from work_keys where key = any (@Keys)";

    private const string Renew = "select r.id, r.renewed from renew_work(@Incarnation, @Ids, @Epochs, @Leases) r";

    private const string End = "select end_work(@Incarnation, @Work, @Epoch, @Pause::interval, @IsFailure)";

    private const string Hand = "select hand_work(@Incarnation, @Work, @Epoch, @Folder, @Node)";

    public Task AddAsync(IReadOnlyList<NewWork> items, CancellationToken cancellationToken) => RunAsync(
        Add,
        new
        {
            Items = JsonSerializer.Serialize(items.Select(item => new
            {
                kind = item.Kind,
                reference = item.Reference,
                // Sorted, so that equal keys form one lane.
                keys = item.Keys.Distinct(StringComparer.Ordinal).Order(StringComparer.Ordinal),
                due_at = item.DueAt,
                priority = (int)item.Priority,
                position = item.Position,
            })),
        },
        cancellationToken);

    public Task<bool> ChangeAsync(string kind, Guid reference, WorkChange change, CancellationToken cancellationToken) =>
        AskAsync<bool>(
            Change,
            new
            {
                Kind = kind,
                Reference = reference,
                Due = change.DueAt?.ToUniversalTime(),
                Priority = (short?)change.Priority,
                change.Position,
            },
            cancellationToken);

    public Task<IReadOnlyList<Guid>> WithdrawAsync(
        string kind, IReadOnlyList<Guid> references, CancellationToken cancellationToken) =>
        ListAsync<Guid>(Withdraw, new { Kind = kind, References = references.ToArray() }, cancellationToken);

    public Task SetKeyAsync(string key, WorkKeyChange change, CancellationToken cancellationToken) => RunAsync(
        SetKey,
        new
        {
            Key = key,
            change.AtOnce,
            change.Paused,
            Clear = change.NotBefore == DateTimeOffset.MinValue,
            NotBefore = change.NotBefore == DateTimeOffset.MinValue ? null : change.NotBefore?.ToUniversalTime(),
        },
        cancellationToken);

    public Task ForgetKeysAsync(IReadOnlyList<string> keys, CancellationToken cancellationToken) =>
        RunAsync(ForgetKeys, new { Keys = keys.ToArray() }, cancellationToken);

    // Items whose claim had a lost response are due again when their leases expire.
    public Task<IReadOnlyList<WorkItem>> ClaimAsync(IReadOnlyList<WorkWanted> wanted, CancellationToken cancellationToken) =>
        calls.RunAsync<IReadOnlyList<WorkItem>>(
            async (connection, stop) =>
            {
                await connection.ExecuteAsync(Command(Wake, new { Incarnation = incarnation.Id }, stop));
                var claim = new
                {
                    Incarnation = incarnation.Id,
                    Kinds = wanted.Select(one => one.Kind).ToArray(),
                    Leases = wanted.Select(one => one.Lease).ToArray(),
                    Limits = wanted.Select(one => one.Limit).ToArray(),
                };
                return [.. (await connection.QueryAsync<WorkRow>(Command(Claim, claim, stop))).Select(row => row.ToItem())];
            },
            cancellationToken);

    public async Task<IReadOnlyDictionary<long, bool>> RenewAsync(
        IReadOnlyList<WorkLease> leases, CancellationToken cancellationToken) =>
        (await ListAsync<(long Id, bool Renewed)>(
            Renew,
            new
            {
                Incarnation = incarnation.Id,
                Ids = leases.Select(lease => lease.Item.Id).ToArray(),
                Epochs = leases.Select(lease => lease.Item.Lease.Epoch).ToArray(),
                Leases = leases.Select(lease => lease.Length).ToArray(),
            },
            cancellationToken)).ToDictionary(lease => lease.Id, lease => lease.Renewed);

    // If the response of the first attempt is lost, the second one returns false. Nothing depends on it.
    public Task<bool> EndAsync(WorkItem item, TimeSpan? pause, bool isFailure, CancellationToken cancellationToken) =>
        AskAsync<bool>(
            End, LeaseParameters.Of(incarnation, item, new { Pause = pause, IsFailure = isFailure }), cancellationToken);

    public Task<bool> HandAsync(WorkItem item, Guid folder, Guid node, CancellationToken cancellationToken) =>
        AskAsync<bool>(Hand, LeaseParameters.Of(incarnation, item, new { Folder = folder, Node = node }), cancellationToken);

    public Task BindFoldersAsync(Guid node, IReadOnlyCollection<Guid> folders, CancellationToken cancellationToken) =>
        RunAsync("select bind_folders(@Node, @Folders)", new { Node = node, Folders = folders.ToArray() }, cancellationToken);

    public Task<long> ReleaseAsync(IReadOnlyCollection<long>? running, CancellationToken cancellationToken) => AskAsync<long>(
        "select release_work(@Incarnation, @Running)", new { Incarnation = incarnation.Id, Running = running?.ToArray() },
        cancellationToken);

    public async Task<IReadOnlyList<WorkCount>> CountAsync(CancellationToken cancellationToken) =>
        [.. (await ListAsync<CountRow>("select c.* from work_counts() c", null, cancellationToken))
            .Select(row => new WorkCount(row.Kind, row.Due, row.Waiting, row.Running, row.Oldest))];

    private static CommandDefinition Command(string text, object? parameters, CancellationToken cancellationToken) =>
        new(text, parameters, cancellationToken: cancellationToken);

    private Task<int> RunAsync(string text, object parameters, CancellationToken cancellationToken) =>
        calls.RunAsync((connection, stop) => connection.ExecuteAsync(Command(text, parameters, stop)), cancellationToken);

    private Task<T> AskAsync<T>(string text, object parameters, CancellationToken cancellationToken) =>
        calls.RunAsync(async (connection, stop) => (await connection.ExecuteScalarAsync<T>(Command(text, parameters, stop)))!,
            cancellationToken);

    private Task<IReadOnlyList<T>> ListAsync<T>(string text, object? parameters, CancellationToken cancellationToken) =>
        calls.RunAsync<IReadOnlyList<T>>(
            async (connection, stop) => [.. await connection.QueryAsync<T>(Command(text, parameters, stop))], cancellationToken);

    private sealed class WorkRow
    {
        public long Id { get; set; }
        public string Kind { get; set; } = "";
        public Guid Reference { get; set; }
        public string[] Keys { get; set; } = [];
        public short Priority { get; set; }
        public long Position { get; set; }
        public int Attempts { get; set; }
        public long Epoch { get; set; }

        public WorkItem ToItem() => new(new LeaseId(Id, Epoch), Kind, Reference, Attempts, Keys, (WorkPriority)Priority, Position);
    }

    private sealed class CountRow
    {
        public string Kind { get; set; } = "";
        public long Due { get; set; }
        public long Waiting { get; set; }
        public long Running { get; set; }
        public TimeSpan Oldest { get; set; }
    }
}
