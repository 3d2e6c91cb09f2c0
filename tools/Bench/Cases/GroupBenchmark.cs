using ChunkUpload.Bench.Load;
using ChunkUpload.Bench.Peers;
using ChunkUpload.Bench.Peers.Scenarios;
using ChunkUpload.Bench.Report;
using ChunkUpload.Bench.UnderTest;

namespace ChunkUpload.Bench.Cases;

/// <summary>
/// Small files on a device that needs 5 ms for each flush, one at a time: on many connections, whose records share commits, and on one
/// connection, where each record has its own commit.
/// </summary>
internal sealed class GroupBenchmark : IBenchmark
{
    private const double Goal = 4;
    private const int DiskSize = 1 << 30;
    private const int Connections = 16;

    private static readonly TimeSpan Flush = TimeSpan.FromMilliseconds(5);

    public string Name => "group";

    public string Question => "What does group commit gain on a disk whose flushes take 5 ms?";

    public bool IsInAll => false;

    public async Task<IReadOnlyList<Figure>> RunAsync(BenchOptions options, CancellationToken cancellationToken)
    {
        var (alone, grouped, gain) = (new List<double>(), new List<double>(), new List<double>());
        for (var run = 0; run < (options.Runs ?? 3); run++)
        {
            alone.Add(await RateAsync(options, 1, 200, cancellationToken));
            grouped.Add(await RateAsync(options, Connections, 600, cancellationToken));
            gain.Add(Goal / (grouped[^1] / alone[^1]));
        }

        return
        [
            new("one record a commit, 1 connection", "files/s", alone),
            new($"group commit, {Connections} connections", "files/s", grouped),
            new("4 times the former over the latter", "times", gain, 1),
        ];
    }

    private static async Task<double> RateAsync(BenchOptions options, int connections, int files, CancellationToken cancellationToken)
    {
        var load = new UploadScenario("D", "files of 64 KiB", files, 64 << 10, 64 << 10, connections);
        var kind = PeerKind.All.Single(kind => kind.Name == PeerKind.Ours);
        await using var disk = await SlowDisk.CreateAsync(
            Path.Combine(options.Folder, $"chunkupload-slow-{Environment.ProcessId}"), DiskSize, Flush, cancellationToken);
        await using var peer = await kind.Start(kind, options, Path.Combine(disk.Path, "data"), cancellationToken);
        var few = new UploadScenario("W", "small uploads before", 100, 64 << 10, 64 << 10, Connections);
        await WarmUp.RunAsync(() => few.RunAsync(peer, 1, new NoMeter(), cancellationToken), cancellationToken);
        var clock = new Clock(disk);
        var work = await load.RunAsync(peer, 1, clock, cancellationToken);
        using (var wire = new Peers.Wire(peer))
        {
            foreach (var stored in work.Stored)
                wire.Verify(stored);
        }

        await Console.Error.WriteLineAsync(
            $"  {work.Uploads / clock.Seconds:F1} files/s, {clock.Made / (double)work.Uploads:F2} flushes for each");
        return work.Uploads / clock.Seconds;
    }

    private sealed class Clock(SlowDisk disk) : IMeter
    {
        private long _began;

        public double Seconds { get; private set; }

        public long Made { get; private set; }

        public long Flushes => disk.Flushes;

        public void Begin() => (_began, Made) = (TimeProvider.System.GetTimestamp(), Flushes);

        public void Stop()
        {
        }

        public Task EndAsync()
        {
            (Seconds, Made) = (TimeProvider.System.GetElapsedTime(_began).TotalSeconds, Flushes - Made);
            return Task.CompletedTask;
        }
    }
}
