namespace ChunkUpload.Core.Advisor;

/// <summary>
/// When to try again after a failure: exponential in the failures in a row, and a random time between half and all of it, so that clients
/// do not return together. An overloaded service spreads them wider.
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
    /// The first retry on a network that is known to break and recover: almost no wait, but enough that streams do not return together.
    /// </summary>
    public static (double From, double To) AtOnce(double share, AdviceLimits limits) => (0, limits.RetryBase.TotalSeconds * share);
}
