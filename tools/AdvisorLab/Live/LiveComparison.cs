using System.Globalization;
using System.Net;
using ChunkUpload.AdvisorLab.Model;
using ChunkUpload.AdvisorLab.Senders;
using ChunkUpload.AdvisorLab.Traces;
using ChunkUpload.Core.Advisor;

namespace ChunkUpload.AdvisorLab.Live;

/// <summary>
/// Runs the same uploads simulated and live, with the real service, a real client and the scenario's network in real time: 1. choose
/// different traces, each with a file that takes the requested time; 2. run a few at a time, since an idle link costs nothing: with all of
/// the advice, and on networks that drop often with the tiers as well; 3. compare the times.
/// </summary>
internal sealed class LiveComparison(LabOptions options)
{
    private const int AtATime = 3;
    // Faster links would measure how fast this machine copies small blocks.
    private const double FastestRate = 12e6 / 8;
    private const double Goal = 0.15;
    private const double OftenSeconds = 10;
    private const double Shortest = 60;
    private const int Draws = 200;

    private static readonly double[] Mtbfs = [double.PositiveInfinity, 60, 10, 5];

    private sealed record Side(double Simulated, LiveRun Live, long Carried)
    {
        public double Ratio => Live.Seconds / Simulated;
    }

    private sealed record Pair(Scenario Scenario, Side Advised, Side? Tiers);

    /// <returns>Whether live and simulated times are as close as required.</returns>
    public async Task<bool> RunAsync(IReadOnlyList<Trace> traces, CancellationToken cancellationToken)
    {
        // 1.
        var scenarios = Pick(traces, options.Count, options.Seed, Shortest, options.Seconds);
        await using var adaptive = await LiveService.StartAsync(options.Root, AdvisorPolicy.Adaptive, cancellationToken);
        await using var tiers = await LiveService.StartAsync(options.Root, AdvisorPolicy.Tiers, cancellationToken);

        // 2. The long ones first.
        var sides = new Side[2, scenarios.Count];
        var jobs = scenarios.Where(scenario => scenario.Mtbf <= OftenSeconds).OrderBy(scenario => scenario.Mtbf)
            .Select(scenario => (Scenario: scenario, Tiers: true))
            .Concat(scenarios.Select(scenario => (Scenario: scenario, Tiers: false)));
        await Parallel.ForEachAsync(
            jobs, new ParallelOptions { MaxDegreeOfParallelism = AtATime, CancellationToken = cancellationToken },
            async (job, token) =>
            {
                var side = job.Tiers
                    ? await RunAsync(job.Scenario, Sender.Tiers(4, keepsPrefix: false), tiers, LiveHabits.Plain, token)
                    : await RunAsync(job.Scenario, Sender.Served(), adaptive, LiveHabits.Advised, token);
                sides[job.Tiers ? 1 : 0, job.Scenario.Number] = side;
                await Console.Error.WriteLineAsync(string.Create(
                    CultureInfo.InvariantCulture,
                    $"{job.Scenario.Trace.Name}, {(job.Tiers ? "tiers" : "advised")}: {side.Simulated:0.0} s simulated, "
                        + $"{side.Live.Seconds:0.0} s live"));
            });

        // 3.
        var pairs = scenarios.ConvertAll(scenario => new Pair(scenario, sides[0, scenario.Number], sides[1, scenario.Number]));
        Console.Out.Write("| network | drops | MB | fluid s | simulated s | live s | live / simulated | reached the service twice | over "
            + "the link beside the file | requests | second connections | took over "
                + "|\n|---|---|---|---|---|---|---|---|---|---|---|---|\n");
        foreach (var (scenario, (simulated, live, carried), _) in pairs)
        {
            Console.Out.Write(string.Create(
                CultureInfo.InvariantCulture,
                $"| {scenario.Trace.Name} | {Drops(scenario)} | {scenario.Size / 1e6:0.0} | {scenario.Fluid:0.0} | {simulated:0.0} | "
                    + $"{live.Seconds:0.0} | {live.Seconds / simulated:0.000} | {Beyond(live.Received, scenario)} | "
                        + $"{Beyond(carried, scenario)} | {live.Requests} | {live.Tried} | {live.TookOver} |\n"));
        }

        var differences = pairs.Select(pair => Math.Abs(pair.Advised.Ratio - 1)).Order().ToList();
        var median = (differences[(differences.Count - 1) / 2] + differences[differences.Count / 2]) / 2;
        Console.Out.Write(string.Create(
            CultureInfo.InvariantCulture,
            $"\nmedian difference {100 * median:0.0} % (goal: at most {100 * Goal:0} %), live / simulated "
                + $"{Mean(pairs, pair => pair.Advised.Ratio):0.000} in the geometric mean, {pairs.Count} networks\n"));
        WriteTiers([.. pairs.Where(pair => pair.Tiers is not null)]);
        return median <= Goal;
    }

    private static void WriteTiers(List<Pair> pairs)
    {
        if (pairs.Count == 0)
            return;
        Console.Out.Write("\n| network | drops | tiers, simulated s | with other drops: median, 5 – 95 % | tiers, live s | live / "
            + "simulated | reached the service twice | times faster, simulated | times faster, live "
                + "|\n|---|---|---|---|---|---|---|---|---|\n");
        foreach (var pair in pairs)
        {
            Console.Out.Write(string.Create(
                CultureInfo.InvariantCulture,
                $"| {pair.Scenario.Trace.Name} | {Drops(pair.Scenario)} | {pair.Tiers!.Simulated:0.0} | {Others(pair.Scenario)} | "
                    + $"{pair.Tiers.Live.Seconds:0.0} | {pair.Tiers.Ratio:0.000} | {Beyond(pair.Tiers.Live.Received, pair.Scenario)} | "
                        + $"{Simulated(pair):0.000} | {Lived(pair):0.000} |\n"));
        }

        Console.Out.Write(string.Create(
            CultureInfo.InvariantCulture,
            $"\nwith all of the advice {Mean(pairs, Lived):0.000} times faster than the tiers live, {Mean(pairs, Simulated):0.000} times "
                + $"simulated, in the geometric mean of {pairs.Count} networks\n"));

        static double Simulated(Pair pair) => pair.Tiers!.Simulated / pair.Advised.Simulated;

        static double Lived(Pair pair) => pair.Tiers!.Live.Seconds / pair.Advised.Live.Seconds;
    }

    // A single run of clients that lose whole chunks is mostly chance.
    private static string Others(Scenario scenario)
    {
        var (simulation, sender) = (new UploadSimulation(), Sender.Tiers(4, keepsPrefix: false));
        var times = Enumerable.Range(1, Draws).Select(draw => simulation.Run(scenario, sender, draw).Seconds).Order().ToList();
        return string.Create(
            CultureInfo.InvariantCulture, $"{times[Draws / 2]:0}, {times[Draws / 20]:0} – {times[Draws - 1 - (Draws / 20)]:0}");
    }

    private static double Mean(List<Pair> pairs, Func<Pair, double> ratio) => Math.Exp(pairs.Average(pair => Math.Log(ratio(pair))));

    private static string Drops(Scenario scenario) => double.IsInfinity(scenario.Mtbf)
        ? "none"
        : string.Create(CultureInfo.InvariantCulture, $"every {scenario.Mtbf:0} s");

    private static string Beyond(long bytes, Scenario scenario) =>
        string.Create(CultureInfo.InvariantCulture, $"{100 * (((double)bytes / scenario.Size) - 1):0.0} %");

    /// <summary>Takes the families in turn, and each family's traces in an order derived from the seed; none twice.</summary>
    internal static List<Scenario> Pick(IReadOnlyList<Trace> traces, int count, ulong seed, double shortest, double longest)
    {
        var order = Chance.Of(seed, 0x0DE2);
        var families = traces.Where(trace => trace.MeanRate <= FastestRate && trace.MeanRate >= 10_000)
            .GroupBy(trace => trace.Family, StringComparer.Ordinal).OrderBy(family => family.Key, StringComparer.Ordinal)
            .Select(family => new Queue<Trace>([.. family.OrderBy(trace => trace.Name, StringComparer.Ordinal)
                .Select(trace => (Trace: trace, Key: order.Next())).OrderBy(pair => pair.Key).Select(pair => pair.Trace)]))
            .ToList();
        if (families.Sum(family => family.Count) is var there && there < count)
            throw new LabException($"{count} traces were asked for, and {there} are slow enough to be replayed.");
        var scenarios = new List<Scenario>();
        for (var turn = 0; scenarios.Count < count; turn++)
        {
            if (!families[turn % families.Count].TryDequeue(out var trace))
                continue;
            var number = scenarios.Count;
            var chance = Chance.Of(seed, (ulong)number, 0x11FE);
            var offset = chance.Unit() * trace.Seconds;
            var seconds = chance.Between(shortest, longest);
            scenarios.Add(new Scenario(
                number, trace, offset, BytesOf(trace, offset, seconds), trace.RoundTrip + 0.02, 0.025, 4 << 20, Http2: false,
                Mtbfs[number % Mtbfs.Length], double.PositiveInfinity, 0, chance.Next()));
        }

        return scenarios;
    }

    private static long BytesOf(Trace trace, double offset, double seconds)
    {
        double bytes = 0;
        const double Step = 0.05;
        for (double at = 0; at < seconds; at += Step)
            bytes += Step * trace.RateOf(trace.StepAt((offset + at) % trace.Seconds));
        return Math.Max(200_000, (long)bytes);
    }

    private static async Task<Side> RunAsync(
        Scenario scenario, Sender sender, LiveService service, LiveHabits habits, CancellationToken cancellationToken)
    {
        var simulated = new UploadSimulation().Run(scenario, sender, 0);
        await using var link = new EmulatedLink(scenario, new IPEndPoint(IPAddress.Loopback, service.Address.Port), 0);
        using var client = new LiveClient(service.Address, service.Key, link.Address, scenario.Number, habits);
        var live = await client.UploadAsync(scenario.Size, cancellationToken);
        return new Side(simulated.Seconds, live, link.Carried);
    }
}
