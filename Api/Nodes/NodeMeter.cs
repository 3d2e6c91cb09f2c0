using ChunkUpload.Api.Hosting;
using ChunkUpload.Core.Events;
using ChunkUpload.Core.Hosting;
using ChunkUpload.Core.Nodes;
using ChunkUpload.Core.Options;
using ChunkUpload.Core.Storage;
using ChunkUpload.Core.Work;

namespace ChunkUpload.Api.Nodes;

/// <summary>Counts what this node does, and tells it to the ledger, so that every node can show all of them.</summary>
internal sealed class NodeMeter : PeriodicStep, IDurableBytesListener
{
    private const int Samples = 5;
    private const int Minutes = 60;
    private static readonly TimeSpan Tick = TimeSpan.FromSeconds(2);

    private readonly WriterClaims _claims;
    private readonly WorkRunner _work;
    private readonly IChunkStore _store;
    private readonly INodeLedger _ledger;
    private readonly ClusterOptions _options;
    private readonly DataOptions _data;
    private readonly List<UploadId> _writing = [];
    private readonly Queue<(long At, long Bytes)> _received = new();
    private readonly Queue<double> _load = new();
    private long _bytes;
    private (long At, TimeSpan Used) _minute;

    public NodeMeter(
        UploadHub hub, WriterClaims claims, WorkRunner work, IChunkStore store, INodeLedger ledger, ClusterOptions options,
        DataOptions data, TimeProvider time, ILogger<NodeMeter> log)
        : base(Tick, time, log)
    {
        (_claims, _work, _store, _ledger, _options, _data) = (claims, work, store, ledger, options, data);
        _minute = (time.GetTimestamp(), Environment.CpuUsage.TotalTime);
        hub.Subscribe(this);
    }

    public override int Order => StartOrder.Background + 30;

    public override string Name => "figures of the node";

    public DateTimeOffset StartedAt { get; private set; }

    /// <summary>The figures of a moment ago.</summary>
    public NodeFigures Now { get; private set; } = new(Banner.Version, 0, 0, 0, [], "", 0, 0, null);

    public void OnDurable(in DurableBytes durable) => Interlocked.Add(ref _bytes, durable.Bytes);

    public override async Task StartAsync(CancellationToken cancellationToken)
    {
        StartedAt = Time.GetUtcNow();
        Now = Measured();
        await base.StartAsync(cancellationToken);
    }

    protected override async Task TickAsync(CancellationToken cancellationToken)
    {
        Now = Measured();
        if (!_options.IsAlone)
            await _ledger.TellAsync(Now, cancellationToken);
    }

    private NodeFigures Measured()
    {
        var at = Time.GetTimestamp();
        _received.Enqueue((at, Interlocked.Read(ref _bytes)));
        if (_received.Count > Samples + 1)
            _ = _received.Dequeue();
        var first = _received.Peek();
        var passed = Time.GetElapsedTime(first.At, at).TotalSeconds;
        var health = _store.Health;
        _writing.Clear();
        _claims.AddWriting(_writing);
        return new NodeFigures(
            Banner.Version, _writing.Count, passed > 0 ? (long)((Interlocked.Read(ref _bytes) - first.Bytes) / passed) : 0, _work.InHand,
            Load(at), _data.Directory, health.FreeBytes, health.TotalBytes, health.Trouble);
    }

    private double[] Load(long now)
    {
        if (Time.GetElapsedTime(_minute.At, now) is var passed && passed >= TimeSpan.FromMinutes(1))
        {
            var used = Environment.CpuUsage.TotalTime;
            _load.Enqueue(Math.Round((used - _minute.Used) / passed / Environment.ProcessorCount, 3));
            if (_load.Count > Minutes)
                _ = _load.Dequeue();
            _minute = (now, used);
        }

        return [.. _load];
    }
}
