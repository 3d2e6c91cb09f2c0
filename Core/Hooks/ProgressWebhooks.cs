using ChunkUpload.Core.Events;
using ChunkUpload.Core.Hosting;
using Microsoft.Extensions.Logging;
using Microsoft.Extensions.Options;

namespace ChunkUpload.Core.Hooks;

/// <summary>
/// Sends the progress of uploads to subscribed webhooks, every few seconds. The messages are neither stored nor repeated: the next one
/// supersedes them. A webhook that has not responded yet is skipped, so a slow webhook gets fewer messages and does not delay others.
/// </summary>
public sealed partial class ProgressWebhooks(
    IDeliveryLedger ledger, IHookSender sender, ProgressBook progress, IOptions<WebhookOptions> options, TimeProvider time,
    ILogger<ProgressWebhooks> log) : PeriodicStep(TimeSpan.FromSeconds(2), time, log)
{
    /// <summary>The maximum number of uploads in one message.</summary>
    private const int Most = 200;

    // Accessed by the loop only.
    private readonly Dictionary<Guid, Task> _sending = [];
    private long _told;

    public override int Order => StartOrder.Background + 20;

    public override string Name => "progress of webhooks";

    public override async Task StopAsync(CancellationToken cancellationToken)
    {
        await base.StopAsync(cancellationToken);
        await Task.WhenAll(_sending.Values);
    }

    protected override async Task TickAsync(CancellationToken cancellationToken)
    {
        var now = progress.Changes;
        if (now == _told)
            return;
        // Each node tells what it receives itself.
        var moved = progress.SinceHere(_told).ToList();
        _told = now;
        foreach (var target in await ledger.ProgressTargetsAsync(cancellationToken))
        {
            var id = target.Webhook.Id;
            var own = moved.Where(one => one.Tenant == target.Webhook.Tenant).Select(one => one.Upload).OfType<UploadId>()
                .Take(Most).Select(upload => upload.Value).ToList();
            if (own.Count == 0 || (_sending.TryGetValue(id, out var last) && !last.IsCompleted))
                continue;
            _sending[id] = Task.Run(() => SendAsync(target, own, cancellationToken), CancellationToken.None);
        }
    }

    private async Task SendAsync(WebhookTarget target, IReadOnlyList<Guid> uploads, CancellationToken cancellationToken)
    {
        try
        {
            foreach (var json in await ledger.ProgressAsync(uploads, cancellationToken))
            {
                var answer = await WebhookRequest.SendAsync(
                    sender, options.Value, target, Guid.NewGuid().ToString("n"), WebhookKinds.Progress, json, Time.GetUtcNow(),
                    cancellationToken);
                if (!answer.Succeeded)
                    return;
            }
        }
        catch (Exception exception) when (exception is not OperationCanceledException)
        {
            NotTold(Log, exception.Message);
        }
        catch (OperationCanceledException)
        {
            // The service stops.
        }
    }

    [LoggerMessage(7611, LogLevel.Warning, "The progress of webhooks could not be sent now: {Reason}")]
    private static partial void NotTold(ILogger log, string reason);
}
