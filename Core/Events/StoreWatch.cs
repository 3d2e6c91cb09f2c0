using System.Text.Json.Nodes;
using ChunkUpload.Core.Hosting;
using ChunkUpload.Core.Storage;
using Microsoft.Extensions.Logging;

namespace ChunkUpload.Core.Events;

/// <summary>
/// Tells pages and webhooks when the store stops taking uploads, because a write has failed or the disk is full, and when it takes them
/// again.
/// </summary>
public sealed partial class StoreWatch(IChunkStore store, IEventLedger events, TimeProvider time, ILogger<StoreWatch> log)
    : IStartStep, IDisposable
{
    public const string Degraded = "store_degraded";
    public const string Healthy = "store_healthy";

    private const string Full = "The disk has no room for new uploads: free some, or add a disk.";

    // Free space moves all the time; around the limit it would be told each second.
    private const long Margin = 64 << 20;

    private static readonly TimeSpan Every = TimeSpan.FromSeconds(1);

    private readonly CancellationTokenSource _stop = new();
    private Task _watching = Task.CompletedTask;
    private string? _said;

    public int Order => StartOrder.Background;

    public string Name => "store watch";

    public Task StartAsync(CancellationToken cancellationToken)
    {
        _watching = Task.Run(() => WatchAsync(_stop.Token), CancellationToken.None);
        return Task.CompletedTask;
    }

    public async Task StopAsync(CancellationToken cancellationToken)
    {
        await _stop.CancelAsync();
        await _watching;
    }

    public void Dispose() => _stop.Dispose();

    private async Task WatchAsync(CancellationToken cancellationToken)
    {
        using var timer = new PeriodicTimer(Every, time);
        try
        {
            while (await timer.WaitForNextTickAsync(cancellationToken))
            {
                var health = store.Health;
                var why = health.Degraded ?? (health.FreeBytes > health.ReserveBytes + (_said is null ? 0 : Margin) ? null : Full);
                if (why != _said && await SayAsync(why, cancellationToken))
                    _said = why;
            }
        }
        catch (OperationCanceledException)
        {
            // The service stops.
        }
    }

    private async Task<bool> SayAsync(string? why, CancellationToken cancellationToken)
    {
        try
        {
            if (why is null)
                await events.AddAsync(Healthy, "{}", cancellationToken);
            else
                await events.AddAsync(Degraded, new JsonObject { ["reason"] = why }.ToJsonString(), cancellationToken);
            return true;
        }
        catch (Exception reason) when (reason is not OperationCanceledException)
        {
            // The next look says it.
            NotTold(reason.Message);
            return false;
        }
    }

    [LoggerMessage(7434, LogLevel.Warning, "Operators could not be told of the state of the store yet: {Reason}")]
    private partial void NotTold(string reason);
}
