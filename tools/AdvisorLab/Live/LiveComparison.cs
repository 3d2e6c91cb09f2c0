using System.Globalization;
using System.Net;
using ChunkUpload.AdvisorLab.Model;
using ChunkUpload.AdvisorLab.Senders;
using ChunkUpload.AdvisorLab.Traces;

namespace ChunkUpload.AdvisorLab.Live;

/// <summary>
/// The same upload twice: simulated, and with the real service, a real client and the scenario's network in real time. 1. a spread of
/// traces, each with a file that takes as long as asked for; 2. a few at a time, since a link that waits costs nothing; 3. the two times
/// side by side.
/// </summary>
internal sealed class LiveComparison(LabOptions options)
{
    private const int AtATime = 3;
    // Faster ones would measure how quickly this machine copies in small pieces.
    private const double FastestRate = 12e6 / 8;
    private const double Goal = 0.15;

    private static readonly double[] Mtbfs = [double.PositiveInfinity, 60, 20, 5];

    private sealed record Pair(Scenario Scenario, double Simulated, double Live, double SentTwice, int Requests, (int Tried, int TookOver) Probes)
    {
        public double Ratio => Live / Simulated;
    }

    /// <returns>Whether live and simulated are as close as they should be.</returns>
    public async Task<bool> RunAsync(IReadOnlyList<Trace> traces, CancellationToken cancellationToken)
    {
        // 1.
        var scenarios = Pick(traces);
        await using var service = await LiveService.StartAsync(options.Root, cancellationToken);

        // 2.
        var pairs = new Pair[scenarios.Count];
        await Parallel.ForEachAsync(
            Enumerable.Range(0, scenarios.Count), new ParallelOptions { MaxDegreeOfParallelism = AtATime, CancellationToken = cancellationToken },
            async (index, token) =>
            {
                pairs[index] = await RunAsync(scenarios[index], service, token);
                await Console.Error.WriteLineAsync($"{scenarios[index].Trace.Name}: {pairs[index].Simulated:0.0} s simulated, {pairs[index].Live:0.0} s live");
            });

        // 3.
        Console.Out.Write("| network | drops | MB | fluid s | simulated s | live s | live / simulated | sent twice | requests | second connections | took over |\n|---|---|---|---|---|---|---|---|---|---|---|\n");
        foreach (var pair in pairs)
        {
            var scenario = pair.Scenario;
            Console.Out.Write(string.Create(
                CultureInfo.InvariantCulture,
                $"| {scenario.Trace.Name} | {(double.IsInfinity(scenario.Mtbf) ? "none" : $"every {scenario.Mtbf:0} s")} | {scenario.Size / 1e6:0.0} | {scenario.Fluid:0.0} | {pair.Simulated:0.0} | {pair.Live:0.0} | {pair.Ratio:0.000} | {100 * pair.SentTwice:0.0} % | {pair.Requests} | {pair.Probes.Tried} | {pair.Probes.TookOver} |\n"));
        }

        var differences = pairs.Select(pair => Math.Abs(pair.Ratio - 1)).Order().ToList();
        var median = (differences[(differences.Count - 1) / 2] + differences[differences.Count / 2]) / 2;
        var ratio = Math.Exp(pairs.Average(pair => Math.Log(pair.Ratio)));
        Console.Out.Write(string.Create(CultureInfo.InvariantCulture, $"\nmedian difference {100 * median:0.0} % (goal: at most {100 * Goal:0} %), live / simulated {ratio:0.000} in the geometric mean, {pairs.Length} networks\n"));
        return median <= Goal;
    }

    // The families in turn, each with its traces in the order of their names.
    private List<Scenario> Pick(IReadOnlyList<Trace> traces)
    {
        var families = traces.Where(trace => trace.MeanRate <= FastestRate && trace.MeanRate >= 10_000)
            .GroupBy(trace => trace.Family, StringComparer.Ordinal).OrderBy(family => family.Key, StringComparer.Ordinal).Select(family => family.ToList()).ToList();
        if (families.Count == 0)
            throw new LabException("No trace is slow enough to be replayed.");
        var scenarios = new List<Scenario>();
        for (var number = 0; scenarios.Count < options.Count; number++)
        {
            var family = families[number % families.Count];
            var trace = family[number / families.Count % family.Count];
            var chance = Chance.Of(options.Seed, (ulong)number, 0x11FE);
            var offset = chance.Unit() * trace.Seconds;
            var seconds = chance.Between(60, options.Seconds);
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

    private static async Task<Pair> RunAsync(Scenario scenario, LiveService service, CancellationToken cancellationToken)
    {
        var simulated = new UploadSimulation().Run(scenario, Sender.Served(), 0);
        await using var link = new EmulatedLink(scenario, new IPEndPoint(IPAddress.Loopback, service.Address.Port), 0);
        using var client = new LiveClient(service.Address, service.Key, link.Address, scenario.Number);
        var (seconds, sent, requests) = await client.UploadAsync(scenario.Size, cancellationToken);
        return new Pair(scenario, simulated.Seconds, seconds, ((double)sent / scenario.Size) - 1, requests, client.Probes);
    }
}
