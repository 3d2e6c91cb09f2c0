using System.Text.Json;
using ChunkUpload.Core.Transfers;
using ChunkUpload.Core.Work;
using ChunkUpload.Infrastructure.Audit;
using Dapper;

namespace ChunkUpload.Infrastructure.Transfers;

/// <summary>Plans, windows and deadlines.</summary>
internal sealed partial class PostgresTransferLedger
{
    private const string Unplanned = $"""
        select {TransferItemRow.Columns}, case when i.parent is null then t.target else f.plan_target end as folder
        from transfer_items i join transfers t on t.id = i.transfer left join transfer_items f on f.id = i.parent
        where i.transfer = @Transfer and i.plan is null and i.state = 'ready' and (i.parent is null or f.plan is not null)
        order by i.kind = 'file', i.number limit @Limit
        """;

    private const string SavePlan = "select save_transfer_plan(@Incarnation, @Work, @Epoch, @Transfer, @Items::jsonb)";

    private const string FinishPlan = "select finish_transfer_plan(@Incarnation, @Work, @Epoch, @Transfer, @Room)";

    private const string Removals = $"select {TransferItemRow.Columns} from transfer_removals(@Transfer, @Limit) i";

    private const string SaveRemovals = "select save_transfer_removals(@Incarnation, @Work, @Epoch, @Transfer, @Items::jsonb)";

    private const string IsMade = """
        select exists (select from transfer_items o where o.transfer = @Transfer and o.result = @Result and o.id <> @Item)
               or has_target_name(@Item, @Folder, @Name, @Folds)
               or @Other and exists (
                   select from transfer_items i join transfer_items o
                       on o.transfer = i.transfer and o.parent is not distinct from i.parent and o.kind = 'file'
                   where i.id = @Item and o.name = @Name)
        """;

    private const string SetWindow = "select set_transfer_window(@Transfer, @Until)";

    private const string Expire = $"select {TransferItemRow.Columns} from expire_transfer(@Incarnation, @Work, @Epoch, @Transfer) i";

    private const string Plan = """
        select coalesce(i.plan, 'skip') as "as", count(*) as files, coalesce(sum(i.size), 0)::bigint as bytes from transfer_items i
        where i.transfer = @Id and i.kind = 'file' and (i.plan is not null or i.state = 'skipped') group by 1 order by 1;
        select count(*) from transfer_items i where i.transfer = @Id and i.kind = 'folder' and i.plan = 'new';
        select (sum(o.moved_bytes) / nullif(sum(extract(epoch from o.moved_at - o.began_at)), 0))::float8
        from (
            select o.* from transfers t join transfers o
                on o.tenant = t.tenant and o.subject = t.subject and o.source is not distinct from t.source
                   and o.destination is not distinct from t.destination
            where t.id = @Id and o.ended_at is not null and o.moved_bytes > 0 and o.moved_at > o.began_at
            order by o.number desc limit 10) o
        """;

    private const string Edit = $"""
        select e.ok from (
            select edit_transfer(@Id, @Label, @Priority::smallint, @Options::jsonb, @Deadline) as ok offset 0
        ) e
        cross join lateral (select case when e.ok then ({ActParameters.Noted})::text end as noted offset 0) n
        where n.noted is not null or true
        """;

    public async Task<IReadOnlyList<UnplannedItem>> UnplannedAsync(Guid transfer, int limit, CancellationToken cancellationToken) =>
        [.. (await QueryAsync<UnplannedRow>(Unplanned, new { Transfer = transfer, Limit = limit }, cancellationToken))
            .Select(row => new UnplannedItem(row.ToItem(Opened), row.Folder))];

    public Task<bool> SavePlanAsync(
        WorkItem lease, Guid transfer, IReadOnlyList<PlannedItem> items, CancellationToken cancellationToken) => AskAsync<bool>(
            SavePlan,
            LeaseParameters.Of(incarnation, lease, new
            {
                Transfer = transfer,
                Items = JsonSerializer.Serialize(items.Select(one => new
                {
                    id = one.Id,
                    plan = Words.Of(one.As),
                    target = one.Target,
                    reason = one.Reason,
                    size = one.Size,
                })),
            }),
            cancellationToken);

    public Task<bool> FinishPlanAsync(WorkItem lease, Guid transfer, long? room, CancellationToken cancellationToken) => AskAsync<bool>(
        FinishPlan, LeaseParameters.Of(incarnation, lease, new { Transfer = transfer, Room = room }),
        cancellationToken);

    public Task<IReadOnlyList<TransferItem>> RemovalsAsync(Guid transfer, int limit, CancellationToken cancellationToken) =>
        ItemsAsync(Removals, new { Transfer = transfer, Limit = limit }, cancellationToken);

    public Task<bool> SaveRemovalsAsync(
        WorkItem lease, Guid transfer, IReadOnlyList<Removal> removals, CancellationToken cancellationToken) => AskAsync<bool>(
            SaveRemovals,
            LeaseParameters.Of(incarnation, lease, new
            {
                Transfer = transfer,
                Items = JsonSerializer.Serialize(removals.Select(one => new { id = one.Item, kept = one.Kept })),
            }),
            cancellationToken);

    public Task<bool> IsMadeAsync(TransferItem item, string folder, SinkEntry there, bool folds, CancellationToken cancellationToken) =>
        AskAsync<bool>(
            IsMade,
            new
            {
                item.Transfer,
                Result = there.Id,
                Item = item.Id,
                Folder = folder,
                there.Name,
                Folds = folds,
                // If the destination ignores case, an earlier transfer has created it from another file of this folder with exactly this
                // name.
                Other = folds && there.Name != item.Name,
            },
            cancellationToken);

    public Task SetWindowAsync(Guid transfer, DateTimeOffset? until, CancellationToken cancellationToken) => calls.RunAsync(
        (connection, stop) => connection.ExecuteAsync(
            Command(SetWindow, new { Transfer = transfer, Until = until?.ToUniversalTime() }, stop)),
        cancellationToken);

    public Task<IReadOnlyList<TransferItem>> ExpireAsync(WorkItem lease, Guid transfer, CancellationToken cancellationToken) => ItemsAsync(
        Expire, LeaseParameters.Of(incarnation, lease, new { Transfer = transfer }), cancellationToken);

    public Task<TransferPlan> PlanAsync(Transfer transfer, CancellationToken cancellationToken) => calls.RunAsync(
        async (connection, stop) =>
        {
            await using var answers = await connection.QueryMultipleAsync(Command(Plan, new { transfer.Id }, stop));
            var sums = (await answers.ReadAsync<(string As, long Files, long Bytes)>())
                .Select(row => new PlannedSum(Words.Parse<PlannedAs>(row.As), row.Files, row.Bytes)).ToList();
            return new TransferPlan(sums, await answers.ReadSingleAsync<long>(), await answers.ReadSingleAsync<double?>());
        },
        cancellationToken);

    public Task<bool> ApproveAsync(Transfer transfer, CancellationToken cancellationToken) =>
        IsChangedAsync(transfer, "approve", cancellationToken);

    public Task<bool> EditAsync(Transfer transfer, CancellationToken cancellationToken) => AskAsync<bool>(
        Edit,
        ActParameters.Of(
            new
            {
                transfer.Id,
                transfer.Label,
                Priority = (short)transfer.Priority,
                Options = TransferRow.OptionsOf(transfer.Options),
                Deadline = transfer.Deadline?.ToUniversalTime(),
            },
            "transfer.changed", transfer.Id.ToString("n"),
            ActParameters.Json(
                ("label", transfer.Label), ("priority", Words.Of(transfer.Priority)), ("bandwidth", transfer.Options.Bandwidth)),
            transfer.Tenant),
        cancellationToken);

    private async Task<bool> IsChangedAsync(Transfer transfer, string what, CancellationToken cancellationToken) =>
        await ChangeAsync(transfer, what, cancellationToken) is not null;
}
