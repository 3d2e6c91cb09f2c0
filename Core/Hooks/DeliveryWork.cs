using ChunkUpload.Core.Work;
using Microsoft.Extensions.Logging;
using Microsoft.Extensions.Options;

namespace ChunkUpload.Core.Hooks;

/// <summary>
/// Sends a delivery: one request to a webhook. The keys of its work item prevent a slow webhook from delaying others, and hold back
/// deliveries to a disabled webhook.
/// </summary>
public sealed partial class DeliveryWork(
    IDeliveryLedger ledger, IHookSender sender, IOptions<WebhookOptions> options, TimeProvider time, ILogger<DeliveryWork> log) : IWorkKind
{
    // Two hours, so that the mean of the random pause is one hour.
    private static readonly TimeSpan LongestPause = TimeSpan.FromHours(2);

    // Added to the time limit of a request, so that the lease covers the recording of the answer.
    private static readonly TimeSpan Grace = TimeSpan.FromSeconds(5);

    public string Name => "delivery";

    public int AtOnce => 256;

    public TimeSpan Lease => Options.Timeout + Grace;

    public WorkBackoff Backoff => new(Options.FirstPause, LongestPause);

    private WebhookOptions Options => options.Value;

    public async Task<WorkOutcome> WorkAsync(WorkLease lease)
    {
        if (await ledger.FindAsync(lease.Reference, lease.Token) is not { } due)
            return WorkOutcome.Done;
        var answer = await WebhookRequest.SendAsync(
            sender, Options, due.Target, due.Delivery.Id.ToString("n"), due.Delivery.Kind, due.Delivery.Event, time.GetUtcNow(),
            lease.Token);
        var attempt = lease.Failures + 1;
        TimeSpan? pause = attempt < Options.Attempts ? Backoff.PauseAfter(attempt) : null;
        // The result of a delivery is recorded even while the service stops.
        await ledger.RecordAsync(lease.Item, answer, pause, Options.PauseAfter, CancellationToken.None);
        if (!answer.Succeeded)
            NotDelivered(log, due.Target.Webhook.Id, attempt, answer.Status, answer.Error);
        return WorkOutcome.Settled;
    }

    [LoggerMessage(7602, LogLevel.Debug, "Webhook {Webhook} failed at attempt {Attempt}: status {Status}, {Error}")]
    private static partial void NotDelivered(ILogger log, Guid webhook, int attempt, int? status, string? error);
}
