namespace ChunkUpload.Core.Advisor;

/// <summary>Advises the same size and concurrency to all clients.</summary>
public sealed class FixedPolicy(AdviceLimits limits, long size, int concurrency) : IAdvicePolicy
{
    private readonly long _size = Math.Clamp(size, 1, limits.Ceiling);

    public AdviceFigures Decide(NetworkState network, in AdviceQuestion question) =>
        Exactly(_size, concurrency, SizeLimit.Policy, limits, network, question);

    /// <summary>Advice of one size, without a range around it.</summary>
    internal static AdviceFigures Exactly(
        long size, int streams, SizeLimit limitedBy, AdviceLimits limits, NetworkState network, in AdviceQuestion question)
    {
        var (from, to) = RetryDelay.After(network.FailuresInRow, question.Shedding, limits);
        return new AdviceFigures
        {
            Size = size,
            Low = size,
            High = size,
            Concurrency = question.Shedding
                ? 1
                : Math.Clamp(streams, 1, Math.Max(1, Math.Min(question.MaxConcurrency, limits.MaxConcurrency))),
            RetryFrom = from,
            RetryTo = to,
            Stall = limits.StallTimeout.TotalSeconds,
            Probe = limits.StallTimeout.TotalSeconds,
            LimitedBy = limitedBy,
            Confidence = Confidence.Low,
            Rate = network.Figures.Rate,
            DeadTime = network.Figures.Gap,
        };
    }
}
