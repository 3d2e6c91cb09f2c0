using ChunkUpload.Core.Hosting;
using ChunkUpload.Core.Work;
using Microsoft.Extensions.Logging;

namespace ChunkUpload.Core.Hooks;

/// <summary>Turns new events of the ledger into deliveries, once a second. <see cref="DeliveryWork"/> sends them.</summary>
public sealed class WebhookCursor(IDeliveryLedger ledger, WorkQueue queue, TimeProvider time, ILogger<WebhookCursor> log)
    : PeriodicStep(TimeSpan.FromSeconds(1), time, log)
{
    private const int Page = 500;

    public override int Order => StartOrder.Background + 20;

    public override string Name => "webhooks";

    protected override async Task TickAsync(CancellationToken cancellationToken)
    {
        int read;
        do
        {
            read = await ledger.QueueAsync(Page, cancellationToken);
            if (read > 0)
                queue.Wake();
        }
        while (read == Page);
    }
}
