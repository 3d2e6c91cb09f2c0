using ChunkUpload.Core.Hooks;
using Dapper;

namespace ChunkUpload.Infrastructure.Hooks;

/// <summary>Deliveries that are due, and the results of earlier ones.</summary>
internal sealed partial class PostgresWebhookLedger
{
    private const string Due = """
        select w.id from webhooks w
        cross join lateral (select webhook_runs(w) as runs offset 0) r
        cross join lateral (
            (select d.next_at from webhook_deliveries d
             where r.runs and d.webhook = w.id and d.state = 'waiting' and d.next_at <= now() order by d.next_at limit 1)
            union all
            (select d.next_at from webhook_deliveries d
             where d.webhook = w.id and d.state = 'waiting' and d.by_hand and d.next_at <= now() order by d.next_at limit 1)
            limit 1
        ) first
        order by w.failing_since is not null, first.next_at limit @Limit
        """;

    private const string Claim = $"""
        select {WebhookRow.Columns} from webhooks w where w.id = @Webhook;
        select {DeliveryRow.Columns} from claim_deliveries(@Webhook, @Lease, @Limit) d order by d.number
        """;

    private const string Record = """
        select record_delivery(@Id, @Attempt, @Delivered, @Pause::interval, @TookMs, @Status, @Answer, @Error, @PauseAfter)
        """;

    private const string ProgressTargets =
        $"select {WebhookRow.Columns} from webhooks w where '{WebhookKinds.Progress}' = any (w.kinds) and webhook_runs(w)";

    private const string Progress = """
        select webhook_event(null, now(), 'progress', u.subject, u.subject, '{}', u.id)::text from uploads u where u.id = any (@Uploads)
        """;

    public Task<int> QueueAsync(int limit, CancellationToken cancellationToken) => calls.RunAsync(
        (connection, stop) => connection.ExecuteScalarAsync<int>(Command("select queue_webhooks(@Limit)", new { Limit = limit }, stop)),
        cancellationToken);

    public Task<IReadOnlyList<Guid>> DueAsync(int limit, CancellationToken cancellationToken) => calls.RunAsync<IReadOnlyList<Guid>>(
        async (connection, stop) => [.. await connection.QueryAsync<Guid>(Command(Due, new { Limit = limit }, stop))], cancellationToken);

    public Task<DeliveryBatch?> ClaimAsync(Guid webhook, TimeSpan lease, int limit, CancellationToken cancellationToken) => calls.RunAsync(
        async (connection, stop) =>
        {
            await using var results = await connection.QueryMultipleAsync(
                Command(Claim, new { Webhook = webhook, Lease = lease, Limit = limit }, stop));
            if (await results.ReadSingleOrDefaultAsync<WebhookRow>() is not { } row)
                return null;
            return new DeliveryBatch(TargetOf(row), [.. (await results.ReadAsync<DeliveryRow>()).Select(one => one.ToDelivery())]);
        },
        cancellationToken);

    public Task RecordAsync(
        Delivery delivery, HookAnswer answer, TimeSpan? pause, TimeSpan pauseAfter, CancellationToken cancellationToken) => calls.RunAsync(
            (connection, stop) => connection.ExecuteAsync(Command(
                Record,
                new
                {
                    delivery.Id,
                    Attempt = delivery.Attempts,
                    Delivered = answer.Succeeded,
                    Pause = pause,
                    TookMs = (int)answer.Took.TotalMilliseconds,
                    answer.Status,
                    Answer = answer.Body,
                    answer.Error,
                    PauseAfter = pauseAfter,
                },
                stop)),
            cancellationToken);

    public Task<IReadOnlyList<WebhookTarget>> ProgressTargetsAsync(CancellationToken cancellationToken) =>
        calls.RunAsync<IReadOnlyList<WebhookTarget>>(
            async (connection, stop) =>
                [.. (await connection.QueryAsync<WebhookRow>(Command(ProgressTargets, null, stop))).Select(TargetOf)],
            cancellationToken);

    public Task<IReadOnlyList<string>> ProgressAsync(IReadOnlyList<Guid> uploads, CancellationToken cancellationToken) =>
        calls.RunAsync<IReadOnlyList<string>>(
            async (connection, stop) =>
                [.. await connection.QueryAsync<string>(Command(Progress, new { Uploads = uploads.ToArray() }, stop))],
            cancellationToken);
}
