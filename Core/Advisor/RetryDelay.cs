namespace ChunkUpload.Core.Advisor;

/// <summary>
/// When to try again after a failure: exponential in the failures in a row, from half to the whole of it at random, so that clients do
/// not come back together. A service that has too much to do spreads them wider.
/// </summary>
public static class RetryDelay
{
    private const double SheddingFactor = 4;

    /// <summary>In seconds.</summary>
    public static (double From, double To) After(int failuresInRow, bool shedding, AdviceLimits limits)
    {
        var longest = limits.RetryBase.TotalSeconds * double.Exp2(Math.Clamp(failuresInRow - 1, 0, 30)) * (shedding ? SheddingFactor : 1);
        longest = Math.Min(longest, limits.RetryCap.TotalSeconds);
        return (longest / 2, longest);
    }

    /// <summary>
    /// The first one where the link is known to break and to be there again: hardly any, and some so that streams do not come together.
    /// </summary>
    public static (double From, double To) AtOnce(double share, AdviceLimits limits) => (0, limits.RetryBase.TotalSeconds * share);
}
