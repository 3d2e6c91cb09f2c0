using System.Diagnostics.Metrics;

namespace ChunkUpload.Infrastructure.Storage.Disk;

/// <summary>Metrics of the disk: how long flushes take, how many failed, and how many wait.</summary>
internal sealed class DiskMetrics
{
    public const string MeterName = "ChunkUpload";

    private static readonly KeyValuePair<string, object?> File = new("target", "file");
    private static readonly KeyValuePair<string, object?> Directory = new("target", "directory");

    private readonly Meter _meter;
    private readonly Histogram<double> _duration;
    private readonly Counter<long> _failures;

    public DiskMetrics(IMeterFactory meters)
    {
        _meter = meters.Create(MeterName);
        _duration = _meter.CreateHistogram<double>("chunkupload.fsync.duration", "s", "How long a flush to the device took.");
        _failures = _meter.CreateCounter<long>("chunkupload.fsync.failures", description: "Flushes that failed.");
    }

    public void Flushed(TimeSpan duration, bool directory, bool failed)
    {
        var target = directory ? Directory : File;
        _duration.Record(duration.TotalSeconds, target);
        if (failed)
            _failures.Add(1, target);
    }

    /// <summary>Publishes the state of an open store.</summary>
    public void Watch(DiskStore store)
    {
        _meter.CreateObservableGauge(
            "chunkupload.fsync.waiting", () => store.WaitingFlushes, description: "Flushes that wait for a thread.");
        _meter.CreateObservableGauge("chunkupload.volume.free", () => store.IsOpen
            ? new Measurement<long>[] { new(store.State.FreeBytes) }
            : [], "By", "Bytes that the store has free.");
        _meter.CreateObservableGauge("chunkupload.volume.degraded", () => store.Health.Degraded is null ? 0 : 1,
            description: "1 while the store takes no writes.");
    }
}
