using ChunkUpload.Api.Hosting;
using ChunkUpload.Core.Connections;
using ChunkUpload.Core.Hosting;
using ChunkUpload.Core.Limits;
using ChunkUpload.Core.Nodes;
using ChunkUpload.Core.Options;
using ChunkUpload.Core.Statistics;
using ChunkUpload.Core.Storage;
using ChunkUpload.Core.Work;

namespace ChunkUpload.Api.Nodes;

/// <summary>Counts what this node does, and tells it to the ledger, so that every node can show all of them.</summary>
internal sealed class NodeMeter : PeriodicStep
{
    private const int Minutes = 60;
    // Others follow it within two seconds.
    private static readonly TimeSpan Tick = TimeSpan.FromSeconds(1);

    private readonly ReceivedBytesMeter _received;
    private readonly WriterClaims _claims;
    private readonly WorkRunner _work;
    private readonly Stores _stores;
    private readonly INodeLedger _ledger;
    private readonly SharedUsage _usage;
    private readonly ClusterOptions _options;
    private readonly DataOptions _data;
    private readonly LocalFolder[] _folders;
    private readonly List<UploadId> _writing = [];
    private readonly Queue<double> _load = new();
    private (long At, TimeSpan Used) _minute;

    public NodeMeter(
        ReceivedBytesMeter received, WriterClaims claims, WorkRunner work, Stores stores, INodeLedger ledger, SharedUsage usage,
        ClusterOptions options, DataOptions data, ConnectionOptions connections, TimeProvider time, ILogger<NodeMeter> log)
        : base(Tick, time, log)
    {
        (_received, _claims, _work, _stores) = (received, claims, work, stores);
        (_ledger, _usage, _options, _data) = (ledger, usage, options, data);
        // Other nodes need not know where they are.
        _folders = [.. connections.LocalFolders.Select(folder => folder with { Path = "" })];
        _minute = (time.GetTimestamp(), Environment.CpuUsage.TotalTime);
    }

    public override int Order => StartOrder.Background + 30;

    public override string Name => "figures of the node";

    public DateTimeOffset StartedAt { get; private set; }

    /// <summary>The figures of a moment ago.</summary>
    public NodeFigures Now { get; private set; } = new(Banner.Version, 0, 0, 0, [], "", 0, 0, null);

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
        var health = _stores.Own.Health;
        _writing.Clear();
        _claims.AddWriting(_writing);
        return new NodeFigures(
            Banner.Version, _writing.Count, (long)_received.Now().Sum(line => line.BytesPerSecond), _work.InHand,
            Load(Time.GetTimestamp()), _data.Directory, health.FreeBytes, health.TotalBytes, health.Trouble)
        {
            Usage = _usage.Report(),
            Roles = _options.Roles,
            Bucket = _stores.Bucket,
            Folders = _folders,
        };
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
