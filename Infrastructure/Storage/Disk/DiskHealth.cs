using ChunkUpload.Core.Storage;
using ChunkUpload.Infrastructure.Posix;
using Microsoft.Extensions.Logging;

namespace ChunkUpload.Infrastructure.Storage.Disk;

/// <summary>Whether the store takes writes (E5): after a failed flush it takes none until a probe passes.</summary>
internal sealed class DiskHealth(ILogger log)
{
    private readonly Lock _gate = new();
    private TaskCompletionSource _degradation = new(TaskCreationOptions.RunContinuationsAsynchronously);
    private volatile string? _degraded;
    private long _failures;

    /// <summary>The failure since which writes are refused; null while the store takes writes.</summary>
    public string? Degraded => _degraded;

    /// <summary>Counts failures, so that a probe that began before a failure does not hide it.</summary>
    public long Failures => Interlocked.Read(ref _failures);

    public void ThrowIfDegraded()
    {
        if (_degraded is { } why)
            throw new StoreException(StoreError.Degraded, why);
    }

    /// <summary>Degrades the store if a call that changes the disk failed with an error of the device.</summary>
    public void Observe(StoreException failure)
    {
        if (failure.Error == StoreError.FlushFailed || (failure.Error == StoreError.Io && PosixFile.IsDeviceError(failure.HResult)))
            Degrade(failure.Message);
    }

    public void Degrade(string why)
    {
        lock (_gate)
        {
            Interlocked.Increment(ref _failures);
            DiskLog.WriteFailed(log, why);
            if (_degraded is not null)
                return;
            _degraded = why;
            DiskLog.Degraded(log, why);
            _degradation.TrySetResult();
        }
    }

    /// <returns>False if something has failed since the probe began at <paramref name="failures"/>.</returns>
    public bool Heal(long failures)
    {
        lock (_gate)
        {
            if (_failures != failures)
                return false;
            if (_degraded is null)
                return true;
            _degraded = null;
            _degradation = new TaskCompletionSource(TaskCreationOptions.RunContinuationsAsynchronously);
            DiskLog.Healed(log);
            return true;
        }
    }

    /// <summary>Completes once the store is degraded.</summary>
    public Task WhenDegradedAsync(CancellationToken cancellationToken)
    {
        lock (_gate)
            return _degradation.Task.WaitAsync(cancellationToken);
    }
}
