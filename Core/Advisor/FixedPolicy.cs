namespace ChunkUpload.Core.Advisor;

/// <summary>Advises the same size and concurrency to all clients.</summary>
public sealed class FixedPolicy(AdviceLimits limits, long size, int concurrency) : IAdvicePolicy
{
    private readonly long _size = Math.Clamp(size, 1, limits.Ceiling);

    public AdviceFigures Decide(NetworkState network, in AdviceQuestion question)
    {
        var (from, to) = RetryDelay.After(network.FailuresInRow, question.Shedding, limits);
        return new AdviceFigures
        {
            Size = _size,
            Low = _size,
            High = _size,
            Concurrency = question.Shedding
                ? 1
                : Math.Clamp(concurrency, 1, Math.Max(1, Math.Min(question.MaxConcurrency, limits.MaxConcurrency))),
            RetryFrom = from,
            RetryTo = to,
            Stall = limits.StallTimeout.TotalSeconds,
            Probe = limits.StallTimeout.TotalSeconds,
            LimitedBy = SizeLimit.Policy,
            Confidence = Confidence.Low,
            Rate = network.Figures.Rate,
            DeadTime = network.Figures.Gap,
        };
    }
}
