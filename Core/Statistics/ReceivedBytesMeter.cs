using System.Collections.Concurrent;
using ChunkUpload.Core.Events;
using ChunkUpload.Core.Hosting;
using ChunkUpload.Core.Limits;
using Microsoft.Extensions.Logging;

namespace ChunkUpload.Core.Statistics;

/// <summary>The current rate at which bytes become durable.</summary>
public sealed record ReceivingSpeed(string Tenant, UploadProtocol Protocol, double BytesPerSecond);

/// <summary>
/// Counts received bytes by tenant and protocol: the speed of the last seconds, and batches for the ledger every ten seconds. A process
/// that is killed loses the bytes of its last batch, in the figures only.
/// </summary>
public sealed class ReceivedBytesMeter : PeriodicStep, IDurableBytesListener
{
    /// <summary>The time over which the speed is averaged.</summary>
    public static readonly TimeSpan Window = TimeSpan.FromSeconds(10);

    private const int Samples = 10;
    private const int TicksPerBatch = 10;
    private static readonly TimeSpan Tick = Window / Samples;

    private readonly ConcurrentDictionary<(string Tenant, UploadProtocol Protocol), Line> _lines = new();
    private readonly IStatisticsLedger _ledger;
    private readonly SharedUsage _usage;
    private readonly Queue<long> _times = new();
    private IReadOnlyList<Figure>? _batch;
    private long _number;
    private int _ticks;

    public ReceivedBytesMeter(
        UploadHub hub, IStatisticsLedger ledger, SharedUsage usage, TimeProvider time, ILogger<ReceivedBytesMeter> log)
        : base(Tick, time, log)
    {
        (_ledger, _usage) = (ledger, usage);
        hub.Subscribe(this);
        usage.Add(Received);
    }

    public override int Order => StartOrder.Background + 10;

    public override string Name => "statistics";

    public void OnDurable(in DurableBytes durable)
    {
        var key = (durable.Upload.Tenant, durable.Upload.Protocol);
        if (!_lines.TryGetValue(key, out var line))
            line = _lines.GetOrAdd(key, static _ => new Line());
        line.Add(durable.Bytes);
    }

    public IReadOnlyList<ReceivingSpeed> Now() =>
        [.. _lines.Select(pair => new ReceivingSpeed(pair.Key.Tenant, pair.Key.Protocol, pair.Value.Speed))];

    /// <summary>The bytes a second at all nodes, by protocol; of a tenant, or of all.</summary>
    public IReadOnlyDictionary<UploadProtocol, long> Now(string? tenant)
    {
        var here = Now().Where(line => tenant is null || line.Tenant == tenant).ToLookup(line => line.Protocol);
        return Enum.GetValues<UploadProtocol>()
            .Where(protocol => here.Contains(protocol) || (_usage.IsShared && _usage.OfOthers(KeyOf(tenant, protocol)) > 0))
            .ToDictionary(
                protocol => protocol,
                protocol => Speed(here[protocol]) + (_usage.IsShared ? _usage.OfOthers(KeyOf(tenant, protocol)) : 0));
    }

    public override async Task StopAsync(CancellationToken cancellationToken)
    {
        await base.StopAsync(cancellationToken);
        await SendAsync(cancellationToken);
    }

    protected override async Task TickAsync(CancellationToken cancellationToken)
    {
        Sample();
        if (++_ticks % TicksPerBatch == 0)
            await SendAsync(cancellationToken);
    }

    private void Sample()
    {
        _times.Enqueue(Time.GetTimestamp());
        while (_times.Count > Samples + 1)
            _ = _times.Dequeue();
        var span = Time.GetElapsedTime(_times.Peek()).TotalSeconds;
        foreach (var line in _lines.Values)
            line.Sample(Samples, span);
    }

    /// <summary>Sends a batch. If its outcome is unknown, it keeps its number and figures until the ledger responds.</summary>
    private async Task SendAsync(CancellationToken cancellationToken)
    {
        if (_batch is null)
        {
            var figures = _lines.Select(pair => new Figure(pair.Key.Tenant, null, "received", Word(pair.Key.Protocol), pair.Value.Take()))
                .Where(figure => figure.Value > 0).ToList();
            if (figures.Count == 0)
                return;
            (_batch, _number) = (figures, _number + 1);
        }

        try
        {
            await _ledger.CountReceivedAsync(_number, _batch, cancellationToken);
            _batch = null;
        }
        catch (Exception exception) when (exception is not OperationCanceledException)
        {
            ReceivedBytesMeterLog.NotAdded(Log, exception.Message);
        }
    }

    private IEnumerable<KeyValuePair<string, long>> Received() => Now()
        .SelectMany(
            line => new[] { (string?)null, line.Tenant },
            (line, tenant) => (Key: KeyOf(tenant, line.Protocol), line.BytesPerSecond))
        .GroupBy(one => one.Key, one => (long)one.BytesPerSecond)
        .Select(same => KeyValuePair.Create(same.Key, same.Sum()))
        .Where(one => one.Value > 0);

    private static long Speed(IEnumerable<ReceivingSpeed> lines) => (long)lines.Sum(line => line.BytesPerSecond);

    private static string KeyOf(string? tenant, UploadProtocol protocol) =>
        SharedUsage.KeyOf(tenant is null ? "received" : "received of", tenant ?? "", Word(protocol));

    private static string Word(UploadProtocol protocol) => protocol.ToString().ToLowerInvariant();

    private sealed class Line
    {
        private readonly Queue<long> _totals = new();
        private long _total, _taken;

        public double Speed { get; private set; }

        public void Add(long bytes) => Interlocked.Add(ref _total, bytes);

        public void Sample(int samples, double span)
        {
            var total = Volatile.Read(ref _total);
            // Bytes before the first sample arrived within the window.
            if (_totals.Count == 0)
                _totals.Enqueue(0);
            _totals.Enqueue(total);
            while (_totals.Count > samples + 1)
                _ = _totals.Dequeue();
            Speed = (total - _totals.Peek()) / Math.Max(1, span);
        }

        public long Take()
        {
            var total = Volatile.Read(ref _total);
            var taken = total - _taken;
            _taken = total;
            return taken;
        }
    }
}

internal static partial class ReceivedBytesMeterLog
{
    [LoggerMessage(7431, LogLevel.Warning, "Received bytes could not be added to the statistics now: {Reason}")]
    public static partial void NotAdded(ILogger log, string reason);
}
