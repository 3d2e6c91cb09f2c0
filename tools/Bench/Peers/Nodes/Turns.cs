using ChunkUpload.Bench.Report;
using ChunkUpload.Bench.Transfers;
using ChunkUpload.Bench.UnderTest;

namespace ChunkUpload.Bench.Peers.Nodes;

/// <summary>
/// Runs of several ways to do the same, in turn: every round runs each way once, and begins with another one. Ratios are of one round, so
/// that other load on the machine meets both sides.
/// </summary>
internal sealed class Turns(LoopDisk disk)
{
    // Work after the last answer belongs to the price; it has ended when the services use next to no processor time.
    private const double Idle = 0.02;
    private const int MostLooks = 120;

    private static readonly TimeSpan Look = TimeSpan.FromMilliseconds(250);

    private readonly Dictionary<string, List<Run>> _runs = [];

    /// <summary>Runs each way once.</summary>
    public async Task RoundAsync(int round, IReadOnlyList<(string Way, Func<Task<Run>> RunAsync)> ways)
    {
        for (var turn = 0; turn < ways.Count; turn++)
        {
            var (way, runAsync) = ways[(turn + round) % ways.Count];
            disk.Settle();
            var run = await runAsync();
            if (!_runs.TryGetValue(way, out var runs))
                _runs[way] = runs = [];
            runs.Add(run);
            await Console.Error.WriteLineAsync(
                FormattableString.Invariant($"  round {round + 1}, {way}: {run.Seconds:F3} s, {run.Cpu:F3} CPU-s"));
        }
    }

    /// <summary>Measures blocking work, and the processor time of these services until they are idle.</summary>
    public static async Task<Run> MeasureAsync(IReadOnlyList<Peer> services, Action work)
    {
        var before = Cpu(services);
        var began = TimeProvider.System.GetTimestamp();
        await Task.Factory.StartNew(work, CancellationToken.None, TaskCreationOptions.LongRunning, TaskScheduler.Default);
        var seconds = TimeProvider.System.GetElapsedTime(began).TotalSeconds;
        return new Run(seconds, await SettleAsync(services) - before);
    }

    /// <summary>Waits until the services are idle.</summary>
    /// <returns>Their processor time before the last looks.</returns>
    public static async Task<double> SettleAsync(IReadOnlyList<Peer> services)
    {
        var at = Cpu(services);
        for (int look = 0, quiet = 0; look < MostLooks && quiet < 2; look++)
        {
            await Task.Delay(Look, TimeProvider.System);
            var now = Cpu(services);
            quiet = now - at < Idle * services.Count ? quiet + 1 : 0;
            // What idle services use while they are looked at is not counted.
            if (quiet == 0)
                at = now;
        }

        return at;
    }

    public Figure Seconds(string way) => new($"{way}: time", "s", [.. _runs[way].Select(run => run.Seconds)]);

    public Figure Rate(string way, long bytes) =>
        new($"{way}: rate", "MiB/s", [.. _runs[way].Select(run => bytes / run.Seconds / (1 << 20))]);

    public Figure Cpu(string way) => new($"{way}: processor time", "CPU-s", [.. _runs[way].Select(run => run.Cpu)]);

    public Figure TimeRatio(string name, string way, string over, double? goal) => Ratio(name, way, over, run => run.Seconds, goal);

    public Figure CpuRatio(string name, string way, string over, double? goal) => Ratio(name, way, over, run => run.Cpu, goal);

    private static double Cpu(IReadOnlyList<Peer> services) => services.Sum(service =>
    {
        var (user, system) = service.Group.CpuSeconds();
        return user + system;
    });

    private Figure Ratio(string name, string way, string over, Func<Run, double> of, double? goal) =>
        new(name, "times", [.. _runs[way].Zip(_runs[over], (one, other) => of(one) / of(other))], goal);
}
