using System.Text.Json.Nodes;
using ChunkUpload.Core.Hosting;
using ChunkUpload.Core.Storage;
using Microsoft.Extensions.Logging;

namespace ChunkUpload.Core.Events;

/// <summary>
/// Notifies pages and webhooks when the store stops accepting uploads, because a write has failed or the disk is full, and when it accepts
/// them again.
/// </summary>
public sealed class StoreWatch(
    IChunkStore store, IEventLedger events, StoreName name, TimeProvider time, ILogger<StoreWatch> log)
    : PeriodicStep(TimeSpan.FromSeconds(1), time, log)
{
    private const string Full = "The disk has no room for new uploads: free some space, or add a disk.";

    // Free space fluctuates: without a margin, each tick near the limit would report a change.
    private const long Margin = 64 << 20;

    private string? _said;

    public override int Order => StartOrder.Background;

    public override string Name => "store watch";

    // A state that could not be recorded is recorded by the next tick.
    protected override async Task TickAsync(CancellationToken cancellationToken)
    {
        var health = store.Health;
        var why = health.Trouble ?? (health.FreeBytes > health.ReserveBytes + (_said is null ? 0 : Margin) ? null : Full);
        if (why == _said)
            return;
        if (why is null)
            await events.AddAsync(EventKinds.StoreHealthy, name.Value, "{}", cancellationToken);
        else
        {
            await events.AddAsync(
                EventKinds.StoreDegraded, name.Value, new JsonObject { ["reason"] = why }.ToJsonString(), cancellationToken);
        }

        _said = why;
    }
}
