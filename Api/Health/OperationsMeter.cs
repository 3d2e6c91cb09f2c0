using System.Diagnostics.Metrics;
using ChunkUpload.Api.Hosting;
using ChunkUpload.Api.Metrics;
using ChunkUpload.Core.Hosting;
using ChunkUpload.Core.Statistics;
using ChunkUpload.Core.Storage;

namespace ChunkUpload.Api.Health;

/// <summary>
/// Metrics of conditions that operators have to act on: whether ledger and bucket answer, damaged files, open transfers, failed jobs, the
/// certificate. Each collection reads the ledger, at most once in <see cref="Fresh"/>.
/// </summary>
internal sealed class OperationsMeter : IStartStep
{
    private static readonly TimeSpan Fresh = TimeSpan.FromSeconds(5);
    private static readonly TimeSpan Patience = TimeSpan.FromSeconds(2);

    private readonly IOperationsLedger _ledger;
    private readonly TimeProvider _time;
    private readonly bool _isExported;
    private readonly Lock _lock = new();
    private Task? _reading;
    private long _readAt;

    private volatile bool _isRead;

    // Null while the ledger does not answer: old figures would hide that.
    private volatile OperationsFigures? _figures;

    public OperationsMeter(
        IMeterFactory meters, IOperationsLedger ledger, Stores stores, TlsCertificate certificate, TelemetryOptions telemetry,
        TimeProvider time)
    {
        (_ledger, _time, _isExported) = (ledger, time, telemetry.OtlpEndpoint is not null);
        var meter = meters.Create(ApiMeter.Name);
        meter.CreateObservableGauge(
            "chunkupload.ledger.reachable", Reachable, description: "1 if the database answered the last query.");
        meter.CreateObservableGauge(
            "chunkupload.bucket.reachable", () => One(stores.Bucket is { } bucket ? bucket.Trouble is null ? 1 : 0 : null),
            description: "1 if this node can use the bucket. Only with a bucket.");
        meter.CreateObservableGauge(
            "chunkupload.uploads.damaged", () => One(_figures?.Damaged), "{upload}", "Uploads whose stored bytes are wrong or missing.");
        meter.CreateObservableGauge(
            "chunkupload.transfers.open", () => Each(_figures?.Transfers, "state"), "{transfer}",
            "Transfers that have not ended, by state.");
        meter.CreateObservableGauge(
            "chunkupload.transfers.waiting", () => Each(_figures?.Waits, "reason"), "{transfer}", "Transfers that wait, by reason.");
        meter.CreateObservableGauge(
            "chunkupload.jobs.failed", () => Each(_figures?.FailedJobs, "job_name"), description: "1 if the last run of the job failed.");
        meter.CreateObservableGauge(
            "chunkupload.certificate.ends", () => One(certificate.EndsAt?.ToUnixTimeSeconds()), "s",
            "When the TLS certificate ends, in seconds since 1970.");
    }

    public int Order => StartOrder.Background;

    public string Name => "metrics of operations";

    /// <summary>Reads the ledger for the first export by OTLP. <see cref="GetMetrics"/> reads it for each answer.</summary>
    public Task StartAsync(CancellationToken cancellationToken) => _isExported ? RefreshAsync() : Task.CompletedTask;

    public Task StopAsync(CancellationToken cancellationToken) => Task.CompletedTask;

    /// <summary>Reads the ledger, unless it was read within <see cref="Fresh"/>. A failure is recorded as an unreachable ledger.</summary>
    public async Task RefreshAsync()
    {
        Task reading;
        lock (_lock)
        {
            if (_reading is null || (_reading.IsCompleted && _time.GetElapsedTime(_readAt) > Fresh))
            {
                _readAt = _time.GetTimestamp();
                _reading = ReadAsync();
            }

            reading = _reading;
        }

        await reading;
    }

    private async Task ReadAsync()
    {
        await Task.Yield();
        try
        {
            using var patience = new CancellationTokenSource(Patience, _time);
            _figures = await _ledger.ReadAsync(patience.Token).WaitAsync(patience.Token);
        }
        catch (Exception e) when (e is LedgerUnavailableException or OperationCanceledException or TimeoutException)
        {
            _figures = null;
        }

        _isRead = true;
    }

    private IEnumerable<Measurement<long>> Reachable()
    {
        IEnumerable<Measurement<long>> last = _isRead ? [new(_figures is null ? 0 : 1)] : [];
        // The exporter for OTLP collects without a call of RefreshAsync. Its next collection reports the figures that are read now.
        _ = RefreshAsync();
        return last;
    }

    private static IEnumerable<Measurement<long>> One(long? value) => value is { } known ? [new(known)] : [];

    private static IEnumerable<Measurement<long>> Each(IReadOnlyDictionary<string, long>? values, string tag) =>
        values?.Select(one => new Measurement<long>(one.Value, new KeyValuePair<string, object?>(tag, one.Key))) ?? [];
}
