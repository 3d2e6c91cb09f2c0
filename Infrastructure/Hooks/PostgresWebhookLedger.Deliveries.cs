using ChunkUpload.Core.Hooks;
using ChunkUpload.Core.Work;
using Dapper;

namespace ChunkUpload.Infrastructure.Hooks;

/// <summary>Stores deliveries, and reads the progress of uploads.</summary>
internal sealed partial class PostgresWebhookLedger
{
    private const string FindDelivery = $"""
        select {DeliveryRow.Columns}, {WebhookRow.Columns}
        from webhook_deliveries d join webhooks w on w.id = d.webhook
        where d.id = @Id and d.state = 'waiting'
        """;

    private const string Record = """
        select record_delivery(
            @Incarnation, @Work, @Epoch, @Delivery, @Delivered, @Pause::interval, @TookMs, @Status, @Answer, @Error, @PauseAfter)
        """;

    private const string ProgressTargets =
        $"select {WebhookRow.Columns} from webhooks w where '{WebhookKinds.Progress}' = any (w.kinds) and webhook_runs(w)";

    private const string Progress = """
        select webhook_event(
            null, now(), 'progress', u.subject, u.subject, '{}', u.id, 'upload', replace(u.id::text, '-', ''))::text
        from uploads u where u.id = any (@Uploads)
        """;

    public Task<int> QueueAsync(int limit, CancellationToken cancellationToken) => calls.RunAsync(
        (connection, stop) => connection.ExecuteScalarAsync<int>(Command("select queue_webhooks(@Limit)", new { Limit = limit }, stop)),
        cancellationToken);

    public Task<DueDelivery?> FindAsync(Guid delivery, CancellationToken cancellationToken) => calls.RunAsync(
        async (connection, stop) => (await connection.QueryAsync<DeliveryRow, WebhookRow, DueDelivery>(
            Command(FindDelivery, new { Id = delivery }, stop),
            (row, webhook) => new DueDelivery(TargetOf(webhook), row.ToDelivery()),
            splitOn: "id")).SingleOrDefault(),
        cancellationToken);

    public Task RecordAsync(
        WorkItem item, HookAnswer answer, TimeSpan? pause, TimeSpan pauseAfter, CancellationToken cancellationToken) => calls.RunAsync(
            (connection, stop) => connection.ExecuteAsync(Command(
                Record,
                LeaseParameters.Of(incarnation, item, new
                {
                    Delivery = item.Reference,
                    Delivered = answer.Succeeded,
                    Pause = pause,
                    TookMs = (int)answer.Took.TotalMilliseconds,
                    answer.Status,
                    Answer = answer.Body,
                    answer.Error,
                    PauseAfter = pauseAfter,
                }),
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
