using ChunkUpload.Core.Access;
using ChunkUpload.Core.Hosting;
using ChunkUpload.Core.Storage;
using ChunkUpload.Core.Uploads;

namespace ChunkUpload.Api.Health;

/// <summary>
/// Checks whether the service can accept uploads. No key is required, so the database is queried at most once a second; concurrent requests
/// share the result.
/// </summary>
internal sealed class ReadinessCheck(
    IUploadLedger ledger, LedgerHealth health, Stores stores, Incarnation incarnation, StoppingSignal stopping, NodeDrain drain,
    TimeProvider time)
{
    private static readonly TimeSpan Fresh = TimeSpan.FromSeconds(1);
    private static readonly TimeSpan Patience = TimeSpan.FromSeconds(2);

    private readonly Lock _lock = new();
    private Task<CheckView>? _ledgerCheck;
    private long _askedAt;

    public async Task<IReadOnlyDictionary<string, CheckView>> RunAsync(CancellationToken cancellationToken)
    {
        var checks = new Dictionary<string, CheckView>
        {
            ["service"] = CheckService(),
            ["database"] = await SharedAsync().WaitAsync(cancellationToken),
            ["disk"] = CheckDisk(),
        };
        var reception = stores.Reception;
        if (reception.IsOn)
        {
            checks["bucket"] = new CheckView(
                reception.Trouble is null, stores.Bucket?.Trouble ?? reception.Trouble,
                Figures(("memoryBytes", reception.Memory.Taken), ("memoryMost", reception.Memory.Most)));
        }
        else if (stores.Bucket is { } bucket)
        {
            // Uploads continue on the disk.
            checks["bucket"] = new CheckView(true, bucket.Trouble, Figures());
        }

        if (drain.Waiting is { } waiting)
            checks["work"] = new CheckView(true, waiting.Why, Figures());
        return checks;
    }

    private CheckView CheckService()
    {
        var fault = stopping.Token.IsCancellationRequested ? "The service is going down."
            : drain.IsDraining ? "This node is being drained; it begins no uploads."
            : incarnation.IsFenced
                ? "This service was silent for long, or another one has taken over the ledger: it can change nothing any more. Restart it."
            : null;
        return new CheckView(fault is null, fault, Figures());
    }

    private Task<CheckView> SharedAsync()
    {
        lock (_lock)
        {
            if (_ledgerCheck is null || (_ledgerCheck.IsCompleted && time.GetElapsedTime(_askedAt) > Fresh))
            {
                _askedAt = time.GetTimestamp();
                _ledgerCheck = CheckLedgerAsync();
            }

            return _ledgerCheck;
        }
    }

    private async Task<CheckView> CheckLedgerAsync()
    {
        await Task.Yield();
        var began = time.GetTimestamp();
        try
        {
            using var patience = new CancellationTokenSource(Patience, time);
            // Query an upload that does not exist: the cheapest query that reaches the tables.
            await ledger.FindAsync(Caller.Operator, default, patience.Token).WaitAsync(patience.Token);
            return new CheckView(true, null, Figures(("milliseconds", (long)time.GetElapsedTime(began).TotalMilliseconds)));
        }
        catch (Exception e) when (e is LedgerUnavailableException or OperationCanceledException or TimeoutException)
        {
            return new CheckView(
                false, health.Trouble ?? "The database cannot be reached.",
                Figures(("milliseconds", (long)time.GetElapsedTime(began).TotalMilliseconds)));
        }
    }

    private CheckView CheckDisk()
    {
        var health = stores.Own.Health;
        var fault = health.Trouble ?? (health.HasRoom ? null : "There is no room left above the reserve.");
        return new CheckView(
            fault is null, fault,
            Figures(("freeBytes", health.FreeBytes), ("totalBytes", health.TotalBytes), ("reserveBytes", health.ReserveBytes)));
    }

    private static Dictionary<string, long> Figures(params (string Name, long Value)[] figures) =>
        figures.ToDictionary(figure => figure.Name, figure => figure.Value);
}
