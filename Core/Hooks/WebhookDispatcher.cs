using System.Diagnostics.CodeAnalysis;
using ChunkUpload.Core.Hosting;
using Microsoft.Extensions.Logging;
using Microsoft.Extensions.Options;

namespace ChunkUpload.Core.Hooks;

/// <summary>
/// Tells webhooks of events: once a second it turns new events of the ledger into deliveries and sends those that are due. Each webhook is
/// served separately, so that one that hangs delays no other. Deliveries are made at least once: what a kill interrupts is due again when
/// its lease ends.
/// </summary>
public sealed partial class WebhookDispatcher(
    IDeliveryLedger ledger, IHookSender sender, IOptions<WebhookOptions> options, TimeProvider time, ILogger<WebhookDispatcher> log)
    : PeriodicStep(TimeSpan.FromSeconds(1), time, log)
{
    private const int Page = 500;

    /// <summary>How many requests to one webhook run at once.</summary>
    private const int AtOnce = 8;

    private const int MostWebhooks = 128;

    private static readonly TimeSpan LongestPause = TimeSpan.FromHours(1);

    // Added to the time limit of a request, so that the lease covers the recording of the answer.
    private static readonly TimeSpan Grace = TimeSpan.FromSeconds(5);

    // Only the loop uses it.
    private readonly Dictionary<Guid, Task> _serving = [];

    public override int Order => StartOrder.Background + 20;

    public override string Name => "webhooks";

    private WebhookOptions Options => options.Value;

    /// <summary>The pause after this many failed attempts, spread so that many do not return at once.</summary>
    [SuppressMessage("Security", "CA5394", Justification = "The spread of pauses is no secret.")]
    public static TimeSpan PauseAfter(int attempts, TimeSpan first)
    {
        var pause = first * Math.Pow(2, Math.Min(attempts - 1, 20));
        return (pause < LongestPause ? pause : LongestPause) * (0.75 + (Random.Shared.NextDouble() / 2));
    }

    public override async Task StopAsync(CancellationToken cancellationToken)
    {
        await base.StopAsync(cancellationToken);
        await Task.WhenAll(_serving.Values);
    }

    protected override async Task TickAsync(CancellationToken cancellationToken)
    {
        while (await ledger.QueueAsync(Page, cancellationToken) == Page)
        {
        }

        foreach (var ended in _serving.Where(one => one.Value.IsCompleted).ToList())
            _ = _serving.Remove(ended.Key);
        foreach (var webhook in await ledger.DueAsync(MostWebhooks, cancellationToken))
        {
            if (_serving.Count < MostWebhooks && !_serving.ContainsKey(webhook))
                _serving[webhook] = Task.Run(() => ServeAsync(webhook, cancellationToken), CancellationToken.None);
        }
    }

    /// <summary>Sends what is due to one webhook, until nothing is or it fails.</summary>
    private async Task ServeAsync(Guid webhook, CancellationToken cancellationToken)
    {
        try
        {
            while (await ledger.ClaimAsync(webhook, Options.Timeout + Grace, AtOnce, cancellationToken) is { Deliveries.Count: > 0 } batch)
            {
                var sent = await Task.WhenAll(
                    batch.Deliveries.Select(delivery => DeliverAsync(batch.Target, delivery, cancellationToken)));
                if (!Array.TrueForAll(sent, delivered => delivered))
                    return;
            }
        }
        catch (Exception exception) when (exception is not OperationCanceledException)
        {
            NotRead(Log, exception.Message);
        }
        catch (OperationCanceledException)
        {
            // The service stops. What was being sent is due again.
        }
    }

    private async Task<bool> DeliverAsync(WebhookTarget target, Delivery delivery, CancellationToken cancellationToken)
    {
        var answer = await WebhookRequest.SendAsync(
            sender, Options, target, delivery.Id.ToString("n"), delivery.Kind, delivery.Event, Time.GetUtcNow(), cancellationToken);
        TimeSpan? pause = delivery.Attempts < Options.Attempts ? PauseAfter(delivery.Attempts, Options.FirstPause) : null;
        // The result of a delivery is recorded even while the service stops.
        await ledger.RecordAsync(delivery, answer, pause, Options.PauseAfter, CancellationToken.None);
        if (!answer.Succeeded)
            NotDelivered(Log, target.Webhook.Id, delivery.Attempts, answer.Status, answer.Error);
        return answer.Succeeded;
    }

    [LoggerMessage(7601, LogLevel.Warning, "The ledger of the webhooks does not answer: {Reason}")]
    private static partial void NotRead(ILogger log, string reason);

    [LoggerMessage(7602, LogLevel.Debug, "Webhook {Webhook} failed at attempt {Attempt}: status {Status}, {Error}")]
    private static partial void NotDelivered(ILogger log, Guid webhook, int attempt, int? status, string? error);
}
