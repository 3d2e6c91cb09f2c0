using ChunkUpload.Bench.Report;
using ChunkUpload.Bench.Transfers;
using ChunkUpload.Bench.UnderTest;

namespace ChunkUpload.Bench.Cases;

/// <summary>
/// Transfers from an emulated Google Drive into an emulated S3, and small files back, beside rclone between the same two. Rounds alternate,
/// and ratios are of one round: other load on the machine meets both.
/// </summary>
internal sealed class TransfersBenchmark : IBenchmark
{
    private const double Ours = 1;
    private const double MostMemory = 128;
    private const long Line = 40_000_000;
    private const double OfTheLine = 0.9;
    private const int AtOnce = 8;
    private const int SmallFiles = 1000;
    private const long SmallFile = 4 << 10;

    public string Name => "transfers";

    public string Question => "What do transfers cost beside rclone?";

    public bool IsInAll => false;

    public async Task<IReadOnlyList<Figure>> RunAsync(BenchOptions options, CancellationToken cancellationToken)
    {
        var size = options.Size ?? 1L << 30;
        using var scratch = new ScratchFolder(options, 2L << 30);
        await using var storages = await Storages.StartAsync(options, cancellationToken);
        await storages.SeedDriveAsync("one", 1, size, cancellationToken);
        await storages.SeedDriveAsync("eight", AtOnce, size / 4, cancellationToken);
        await storages.SeedDriveAsync("many", SmallFiles, SmallFile, cancellationToken);
        await storages.SeedDriveAsync("warm", 20, 1 << 20, cancellationToken);
        await using var own = await OwnTransfers.StartAsync(options, scratch.Fresh("data"), storages, cancellationToken);
        var rclone = new Rclone(storages, scratch.Path);
        var idle = ProcessFacts.ResidentBytes(own.Service.ProcessId);
        _ = await own.FromDriveAsync("warm", "warm", cancellationToken);

        var (large, small, back) = (new Beside("1 file"), new Beside("1,000 small files to S3"), new Beside("1,000 small files to Drive"));
        for (var round = 0; round < (options.Runs ?? 3); round++)
        {
            large.Add(
                await own.FromDriveAsync("one", $"own-{round}", cancellationToken),
                await rclone.CopyAsync("drive:one", $"s3:{Storages.Bucket}/rclone-{round}", cancellationToken));
            small.Add(
                await own.FromDriveAsync("many", $"own-many-{round}", cancellationToken),
                await rclone.CopyAsync("drive:many", $"s3:{Storages.Bucket}/rclone-many-{round}", cancellationToken));
            await storages.SeedS3Async($"back {round}", SmallFiles, SmallFile, cancellationToken);
            back.Add(
                await own.ToDriveAsync($"back {round}", cancellationToken),
                await rclone.CopyAsync($"s3:{Storages.Bucket}/back {round}", $"drive:rclone {round}", cancellationToken));
        }

        _ = await own.EachFromDriveAsync("eight", "own-eight", cancellationToken);
        var memory = (own.Service.PeakBytes() - idle) / (double)(1 << 20);

        await storages.ThrottleAsync(Line, cancellationToken);
        var held = await own.FromDriveAsync("one", "own-held", cancellationToken);
        return
        [
            .. large.CpuOf(size / (double)(1L << 30)), large.CpuRatio(Ours), large.TimeRatio(null), .. small.Times(), small.TimeRatio(Ours),
            small.CpuRatio(null), .. back.Times(), back.TimeRatio(Ours), back.CpuRatio(null),
            new("8 transfers at once, peak memory above idle", "MiB", [memory], MostMemory),
            new("both ends held to 40 MB/s, time over the line's", "times", [held.Seconds / (size / (double)Line)], 1 / OfTheLine),
        ];
    }

    /// <summary>Runs of the service and of rclone, in pairs.</summary>
    private sealed class Beside(string what)
    {
        private readonly List<(Run Own, Run Rclone)> _rounds = [];

        public void Add(Run own, Run rclone) => _rounds.Add((own, rclone));

        public IEnumerable<Figure> Times() => Both("time", "s", run => run.Seconds);

        public IEnumerable<Figure> CpuOf(double gib) => Both("processor time", "s/GiB", run => run.Cpu / gib);

        public Figure TimeRatio(double? goal) => Ratio("time", run => run.Seconds, goal);

        public Figure CpuRatio(double? goal) => Ratio("processor time", run => run.Cpu, goal);

        private IEnumerable<Figure> Both(string quantity, string unit, Func<Run, double> of) =>
        [
            new($"{what}, {quantity}", unit, [.. _rounds.Select(round => of(round.Own))]),
            new($"{what}, {quantity} of rclone", unit, [.. _rounds.Select(round => of(round.Rclone))]),
        ];

        private Figure Ratio(string quantity, Func<Run, double> of, double? goal) =>
            new($"{what}, {quantity} over rclone's", "times", [.. _rounds.Select(round => of(round.Own) / of(round.Rclone))], goal);
    }
}
