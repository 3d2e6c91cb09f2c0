using System.Diagnostics.CodeAnalysis;

namespace ChunkUpload.Core.Work;

/// <summary>
/// Pauses after failed attempts (exponential back-off with full jitter): each limit is twice the previous one, and the pause is a random
/// time below it, so that items that failed together are not retried together.
/// </summary>
/// <param name="First">The maximum of the first pause.</param>
/// <param name="Longest">The maximum of all pauses.</param>
public readonly record struct WorkBackoff(TimeSpan First, TimeSpan Longest)
{
    // 2^30 seconds is longer than any pause.
    private const int MostDoublings = 30;

    /// <summary>Returns the maximum pause after this number of failed attempts.</summary>
    public TimeSpan LimitAfter(int failures)
    {
        var factor = Math.Pow(2, Math.Clamp(failures - 1, 0, MostDoublings));
        return First < Longest / factor ? First * factor : Longest;
    }

    [SuppressMessage("Security", "CA5394", Justification = "The spread of pauses is no secret.")]
    public TimeSpan PauseAfter(int failures) => LimitAfter(failures) * Random.Shared.NextDouble();
}
