using ChunkUpload.Core.Hosting;
using ChunkUpload.Core.Uploads;
using Microsoft.Extensions.Logging;
using Microsoft.Extensions.Options;

namespace ChunkUpload.Core.Tree;

/// <summary>
/// Frees files whose time in the trash has passed: when the maintenance job runs, soon after a user has emptied the trash, and immediately
/// if Files:KeepDeleted is zero.
/// </summary>
public sealed class TrashPurger(
    ITrashLedger ledger, FileRemover remover, IOptions<FilesOptions> options, TimeProvider time, ILogger<TrashPurger> log)
    : IStartStep, IDisposable
{
    private const int Batch = 200;

    private static readonly TimeSpan Often = TimeSpan.FromSeconds(1);
    private static readonly TimeSpan AfterFailure = TimeSpan.FromSeconds(10);

    private readonly SemaphoreSlim _wake = new(0, 1);
    private readonly SemaphoreSlim _one = new(1, 1);
    private readonly CancellationTokenSource _stop = new();
    private Task _loop = Task.CompletedTask;

    public int Order => StartOrder.Background;

    public string Name => "trash";

    /// <summary>Starts a purge of items that were marked for removal soon.</summary>
    public void Wake()
    {
        try
        {
            if (_wake.CurrentCount == 0)
                _wake.Release();
        }
        catch (SemaphoreFullException)
        {
            // Another caller has already released it.
        }
    }

    /// <summary>Frees everything that is due.</summary>
    /// <param name="report">Receives the number of uploads that ended, after each batch.</param>
    /// <returns>The number of uploads that ended, and of those that could not be freed yet; the job sweep-orphans frees these.</returns>
    public async Task<(long Ended, long Waiting)> RunAsync(Action<long>? report, CancellationToken cancellationToken)
    {
        long ended = 0, waiting = 0;
        await _one.WaitAsync(cancellationToken);
        try
        {
            while (await ledger.PurgeAsync(Batch, options.Value.KeepDeleted, cancellationToken) is { } batch)
            {
                ended += batch.Count;
                foreach (var purged in batch.Where(purged => purged.HasContent))
                    waiting += await remover.TryReclaimAsync(purged.Id, cancellationToken) ? 0 : 1;
                report?.Invoke(ended);
            }
        }
        finally
        {
            _one.Release();
        }

        return (ended, waiting);
    }

    public Task StartAsync(CancellationToken cancellationToken)
    {
        // An earlier process may have ended between marking and freeing.
        Wake();
        _loop = Task.Run(LoopAsync, CancellationToken.None);
        return Task.CompletedTask;
    }

    public async Task StopAsync(CancellationToken cancellationToken)
    {
        await _stop.CancelAsync();
        await _loop;
    }

    public void Dispose()
    {
        _stop.Dispose();
        _wake.Dispose();
        _one.Dispose();
    }

    private async Task LoopAsync()
    {
        var pause = options.Value.KeepDeleted == TimeSpan.Zero ? Often : Timeout.InfiniteTimeSpan;
        try
        {
            while (true)
            {
                await _wake.WaitAsync(pause, _stop.Token);
                try
                {
                    await RunAsync(null, _stop.Token);
                }
                catch (Exception reason) when (reason is not OperationCanceledException)
                {
                    UploadLog.TrashPutOff(log, reason);
                    await Task.Delay(AfterFailure, time, _stop.Token);
                    Wake();
                }
            }
        }
        catch (OperationCanceledException)
        {
            // The service stops.
        }
    }
}
