using ChunkUpload.Bench.UnderTest;

namespace ChunkUpload.Bench.Peers;

/// <summary>Brings the machine into the same state for every server, and reads the counters of one server around a run.</summary>
internal sealed class Meter(Peer peer, LoopDisk disk, WarmMemory memory, long room) : IMeter
{
    // Work that a server does after its last answer is part of the price; it is over when the server uses next to no CPU.
    private static readonly TimeSpan Look = TimeSpan.FromMilliseconds(250);
    private const double Idle = 0.0125;
    private const int MostLooks = 120;

    private const long Spare = 1L << 30;

    private long _began;
    private Counters _before;
    private Counters _after;
    private double _wall;
    private IReadOnlyDictionary<int, double> _kernelBefore = new Dictionary<int, double>();
    private double _kernelCpu;

    private readonly record struct Counters(double User, double System, double Database, double Client, long Flushes, long Read)
    {
        public double Cpu => User + System + Database;
    }

    public void Begin()
    {
        disk.Settle();
        memory.Hold(room + Spare);
        memory.Release();
        _kernelBefore = ProcessFacts.KernelThreads();
        _before = Read();
        _began = TimeProvider.System.GetTimestamp();
    }

    public void Stop()
    {
        if (_wall == 0)
            _wall = TimeProvider.System.GetElapsedTime(_began).TotalSeconds;
    }

    public async Task EndAsync()
    {
        Stop();
        _after = Read();
        for (int look = 0, quiet = 0; look < MostLooks && quiet < 2; look++)
        {
            await Task.Delay(Look, TimeProvider.System);
            var now = Read();
            quiet = now.Cpu - _after.Cpu < Idle ? quiet + 1 : 0;
            _after = now;
        }

        _kernelCpu = ProcessFacts.KernelThreads().Sum(now => Math.Max(0, now.Value - _kernelBefore.GetValueOrDefault(now.Key)));
        PeakBytes = peer.PeakBytes();
        DatabaseBytes = peer.DatabaseBytes();
    }

    public long Flushes => disk.Flushes();

    private long PeakBytes { get; set; }

    private long DatabaseBytes { get; set; }

    public Sample Sample(Scenario scenario, int round, Work work) => new(scenario.Name, peer.Kind.Name, round)
    {
        Wall = _wall,
        UserCpu = _after.User - _before.User,
        SystemCpu = _after.System - _before.System,
        DatabaseCpu = _after.Database - _before.Database,
        KernelCpu = _kernelCpu,
        ClientCpu = _after.Client - _before.Client,
        Flushes = _after.Flushes - _before.Flushes,
        // node takes a body from its socket with read; the others with recv, which is not counted.
        ReRead = Math.Max(0, _after.Read - _before.Read - (peer.Kind.Name == PeerKind.TusServer ? work.Bytes : 0)),
        PeakBytes = PeakBytes,
        DatabaseBytes = DatabaseBytes,
        Bytes = work.Bytes,
        Requests = work.Requests,
        Uploads = work.Uploads,
        More = work.More,
    };

    private Counters Read()
    {
        var (user, system) = peer.Group.CpuSeconds();
        var database = peer.Database?.CpuSeconds() ?? default;
        return new Counters(
            user, system, database.User + database.System, Environment.CpuUsage.TotalTime.TotalSeconds, disk.Flushes(), peer.ReadBytes());
    }
}

/// <summary>For warm-up runs.</summary>
internal sealed class NoMeter : IMeter
{
    public long Flushes => 0;

    public void Begin()
    {
    }

    public void Stop()
    {
    }

    public Task EndAsync() => Task.CompletedTask;
}
