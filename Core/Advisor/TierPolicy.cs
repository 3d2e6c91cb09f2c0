namespace ChunkUpload.Core.Advisor;

/// <summary>
/// Three sizes by rate: 256 KiB below 1 Mbit/s, 1 MiB below 10 Mbit/s, 2 MiB above. Four streams while fewer than one request in twenty
/// fails, two while fewer than one in five fails, otherwise one.
/// </summary>
public sealed class TierPolicy(AdviceLimits limits) : IAdvicePolicy
{
    private const long Small = 256 << 10;
    private const long Medium = 1 << 20;
    private const long Large = 2 << 20;
    private const double SlowRate = 1e6 / 8;
    private const double FastRate = 1e7 / 8;
    private const float Unsteady = 0.05f;
    private const float Unstable = 0.2f;

    public AdviceFigures Decide(NetworkState network, in AdviceQuestion question)
    {
        ref readonly var figures = ref network.Figures;
        var rate = figures.Rate;
        var size = limits.Fit(rate < SlowRate ? Small : rate < FastRate ? Medium : Large);
        var streams = figures.FailureShare < Unsteady ? 4 : figures.FailureShare < Unstable ? 2 : 1;
        var limitedBy = rate > 0 ? SizeLimit.Policy : SizeLimit.ColdStart;
        return FixedPolicy.Exactly(size, streams, limitedBy, limits, network, question);
    }
}
