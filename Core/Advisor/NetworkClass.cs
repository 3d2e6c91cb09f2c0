namespace ChunkUpload.Core.Advisor;

/// <summary>Describes a network in two words: its speed, and how often it breaks.</summary>
/// <param name="Rate">Bytes per second; null while unknown.</param>
public sealed record NetworkClass(string Word, double? Rate, double? DeadTime, double? Mtbf)
{
    private const double SlowRate = 1e6 / 8;
    private const double FastRate = 1e7 / 8;
    private const double UnstableSeconds = 30;
    private const double UnsteadySeconds = 300;

    public static NetworkClass Of(in NetworkFigures figures) =>
        Of(AdviceText.Finite(figures.Rate), AdviceText.Finite(figures.Gap), AdviceText.Finite(figures.Mtbf), figures.Drops);

    /// <param name="rate">Bytes per second; null while unknown.</param>
    /// <param name="mtbf">Seconds between two breaks; null if unknown, or longer than anything seen.</param>
    /// <param name="drops">How many breaks were seen.</param>
    public static NetworkClass Of(double? rate, double? deadTime, double? mtbf, double drops)
    {
        if (rate is null)
            return new NetworkClass("unknown", null, null, null);
        var speed = rate < SlowRate ? "slow" : rate < FastRate ? "medium" : "fast";
        // Without a break the network counts as steady, however briefly it was observed.
        var steadiness = drops < 0.5 || mtbf is null or > UnsteadySeconds ? "steady" : mtbf > UnstableSeconds ? "unsteady" : "unstable";
        return new NetworkClass($"{speed}, {steadiness}", rate, deadTime, mtbf);
    }
}
