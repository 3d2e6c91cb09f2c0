namespace ChunkUpload.Core.Advisor;

/// <summary>A network in two words: its speed, and how often it breaks.</summary>
/// <param name="Rate">Bytes per second; null while unknown.</param>
public sealed record NetworkClass(string Word, double? Rate, double? DeadTime, double? Mtbf)
{
    private const double SlowRate = 1e6 / 8;
    private const double FastRate = 1e7 / 8;
    private const double UnstableSeconds = 30;
    private const double UnsteadySeconds = 300;

    public static NetworkClass Of(in LinkFigures figures)
    {
        var rate = AdviceText.Finite(figures.Rate);
        if (rate is null)
            return new NetworkClass("unknown", null, null, null);
        var mtbf = figures.Mtbf;
        var speed = rate < SlowRate ? "slow" : rate < FastRate ? "medium" : "fast";
        // Without a break the network counts as steady, however briefly it was observed.
        var steadiness = figures.Drops < 0.5 || mtbf > UnsteadySeconds ? "steady" : mtbf > UnstableSeconds ? "unsteady" : "unstable";
        return new NetworkClass($"{speed}, {steadiness}", rate, AdviceText.Finite(figures.Gap), AdviceText.Finite(mtbf));
    }
}
