using ChunkUpload.AdvisorLab.Model;
using ChunkUpload.AdvisorLab.Traces;

namespace ChunkUpload.AdvisorLab.Emulated;

/// <summary>Picks the networks that are emulated in real time, each with a file that takes the requested time.</summary>
internal static class NetworkPick
{
    // Faster links would measure how fast this machine copies small blocks.
    private const double FastestRate = 12e6 / 8;

    private static readonly double[] Mtbfs = [double.PositiveInfinity, 60, 10, 5];

    /// <summary>Takes the families in turn, and each family's traces in an order derived from the seed; none twice.</summary>
    public static List<Scenario> Of(IReadOnlyList<Trace> traces, int count, ulong seed, double shortest, double longest)
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
}
