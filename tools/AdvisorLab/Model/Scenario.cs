using ChunkUpload.AdvisorLab.Traces;

namespace ChunkUpload.AdvisorLab.Model;

/// <summary>One upload over one link, in seconds and bytes.</summary>
/// <param name="Offset">The position in the trace at which the upload begins.</param>
/// <param name="Commit">How long the service takes to make a chunk durable, besides its bytes.</param>
/// <param name="Window">The most bytes in flight on one stream.</param>
/// <param name="Mtbf">Time between two drops of the network.</param>
/// <param name="RequestTimeout">The time after which a proxy ends a request.</param>
/// <param name="Corruption">Wrong bytes per byte.</param>
internal sealed record Scenario(
    int Number, Trace Trace, double Offset, long Size, double RoundTrip, double Commit, double Window, bool Http2, double Mtbf,
    double RequestTimeout, double Corruption, ulong Seed)
{
    /// <summary>HTTP/2 also has a window for all streams together.</summary>
    public double ConnectionWindow => Window > 1 << 20 ? 8 << 20 : 1 << 20;

    /// <summary>How long the upload takes if the link is always full and nothing breaks.</summary>
    public double Fluid { get; } = Trace.FluidTime(Offset, Size);

    /// <summary>An upload that takes longer counts as unfinished.</summary>
    public double Cap => (30 * Fluid) + 600;

    private static readonly long[] Sizes = [1_000_000, 5_000_000, 20_000_000, 100_000_000, 500_000_000, 2_000_000_000];
    private static readonly double[] Commits = [0.005, 0.025, 0.12];
    private static readonly double[] Windows = [768 << 10, 4 << 20];
    private static readonly double[] Detours = [0, 0.08, 0.2];
    private static readonly double[] Mtbfs = [double.PositiveInfinity, 600, 120, 30, 10, 5];

    // Three in four links drop every two minutes or less often, one in eight every ten seconds.
    private static readonly double[] CalmMtbfs = [double.PositiveInfinity, double.PositiveInfinity, 600, 600, 120, 120, 30, 10];
    private static readonly double[] Corruptions = [0, 5e-9, 5e-8];
    private const double Shortest = 8;
    private const double Longest = 900;

    /// <summary>Draws each family of traces with the same probability, however many traces it has.</summary>
    public static Scenario Draw(IReadOnlyList<Trace> traces, ulong seed, int number, bool calm = false)
    {
        var chance = Chance.Of(seed, (ulong)number, 0x5CE4);
        var families = traces.GroupBy(trace => trace.Family, StringComparer.Ordinal).OrderBy(family => family.Key, StringComparer.Ordinal)
            .ToList();
        var trace = chance.Pick(chance.Pick(families).ToList());
        var fitting = Array.FindAll(Sizes, size => size / trace.MeanRate is >= Shortest and <= Longest);
        var size = fitting.Length > 0 ? chance.Pick(fitting) : Sizes.MinBy(size => Math.Abs(Math.Log(size / trace.MeanRate / 85)));
        return new Scenario(
            number, trace, chance.Unit() * trace.Seconds, size,
            (trace.RoundTrip * chance.Between(0.8, 1.3)) + chance.Pick(Detours), chance.Pick(Commits), chance.Pick(Windows),
            chance.Below(2) == 1, chance.Pick(calm ? CalmMtbfs : Mtbfs), chance.Below(2) == 1 ? 100 : double.PositiveInfinity,
            chance.Pick(Corruptions),
            chance.Next());
    }
}
