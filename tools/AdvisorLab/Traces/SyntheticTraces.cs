using ChunkUpload.AdvisorLab.Model;

namespace ChunkUpload.AdvisorLab.Traces;

/// <summary>
/// Synthetic networks: the rate is a Markov chain over levels a factor apart, with noise; on top of it blackouts (a tunnel), handovers (a
/// second without a connection, then another level) and deep fades. The families differ in rate, pace and the frequency of each.
/// </summary>
internal static class SyntheticTraces
{
    private const double Step = 0.5;
    private const double Length = 600;

    private static readonly Family[] Families =
    [
        new("synthetic-3g-up", 0.15, 0.08e6, 3e6, 8, 90, 40, 12, Cellular: true),
        new("synthetic-lte-up", 0.07, 0.3e6, 20e6, 5, 150, 30, 6, Cellular: true),
        new("synthetic-5g-up", 0.045, 4e6, 120e6, 3, 400, 20, 3, Cellular: true),
        new("synthetic-wifi", 0.02, 1e6, 60e6, 10, 600, 60, 2, Cellular: false),
        new("synthetic-dsl-up", 0.03, 0.5e6, 10e6, 60, 3000, 1e9, 5, Cellular: false),
        new("synthetic-satellite-up", 0.06, 5e6, 25e6, 15, 900, 15, 2, Cellular: false),
    ];

    /// <summary>The requested number of traces, the families in turn; the same for the same seed.</summary>
    public static IReadOnlyList<Trace> Make(int count, ulong seed) =>
        [.. Enumerable.Range(0, count).Select(index => Make(Families[index % Families.Length], index, seed))];

    private static Trace Make(Family family, int index, ulong seed)
    {
        var chance = Chance.Of(seed, (ulong)index, 0x7ACE);
        // Each network has its own level between the family's slowest and fastest.
        var middle = family.Slowest * Math.Pow(family.Fastest / family.Slowest, chance.Unit());
        var level = 0.0;
        var steps = new List<(double Seconds, double Rate)>();
        double nextLevel = 0, blackout = chance.Exponential(family.BlackoutEvery), handover = chance.Exponential(family.HandoverEvery),
            deadUntil = 0;
        for (double now = 0; now < Length; now += Step)
        {
            if (now >= nextLevel)
            {
                // Mean reverting: the further from the middle, the likelier it returns.
                level = (0.6 * level) + chance.Between(-1.2, 1.2);
                nextLevel = now + chance.Exponential(family.LevelHolds);
            }

            if (now >= handover)
            {
                deadUntil = Math.Max(deadUntil, now + chance.Between(0.3, 1.5));
                level = chance.Between(-1.5, 1.5);
                handover = now + chance.Exponential(family.HandoverEvery);
            }

            if (now >= blackout)
            {
                deadUntil = Math.Max(deadUntil, now + chance.Exponential(family.BlackoutLasts));
                blackout = deadUntil + chance.Exponential(family.BlackoutEvery);
            }

            var noise = 1 + (0.25 * (chance.Unit() + chance.Unit() - 1));
            steps.Add((Step, now < deadUntil ? 0 : middle / 8 * Math.Pow(2, level) * noise));
        }

        return new Trace($"{family.Name}-{index}", family.Name, family.RoundTrip, family.Cellular, uplink: true, steps);
    }

    /// <param name="Slowest">Bits per second, as the next ones; times are mean seconds.</param>
    private sealed record Family(
        string Name, double RoundTrip, double Slowest, double Fastest, double LevelHolds, double BlackoutEvery, double HandoverEvery,
            double BlackoutLasts, bool Cellular);
}
