using ChunkUpload.Core.Advisor;

namespace ChunkUpload.Tests.Unit.Advisor;

internal static class AdviceAssert
{
    /// <summary>Checks that a client can follow the advice, whatever the measurements.</summary>
    public static void Sane(AdviceFigures advice, AdviceLimits limits)
    {
        Assert.InRange(advice.Size, 1, limits.Ceiling);
        if (limits.Ceiling / limits.Multiple * limits.Multiple >= limits.Floor)
            Assert.InRange(advice.Size, limits.Floor, limits.Ceiling);
        if (limits.Ceiling >= limits.Multiple)
            Assert.Equal(0, advice.Size % limits.Multiple);
        Assert.InRange(advice.Low, 1, advice.Size);
        Assert.InRange(advice.High, advice.Size, limits.Ceiling);
        Assert.InRange(advice.Concurrency, 1, limits.MaxConcurrency);
        Assert.InRange(advice.RetryFrom, 0, advice.RetryTo);
        Assert.InRange(advice.RetryTo, 0, limits.RetryCap.TotalSeconds);
        Assert.InRange(advice.Stall, 1, limits.StallTimeout.TotalSeconds * 2);
        Assert.InRange(advice.Probe, 0.25, advice.Stall);
        Assert.True(Enum.IsDefined(advice.LimitedBy));
        Assert.True(Enum.IsDefined(advice.Confidence));
    }
}
