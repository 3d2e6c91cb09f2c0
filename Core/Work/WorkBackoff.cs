using System.Diagnostics.CodeAnalysis;

namespace ChunkUpload.Core.Work;

/// <summary>
/// Pauses after failed attempts: each limit is twice the one before, and the pause is spread evenly below it, so that what failed together
/// does not return together.
/// </summary>
/// <param name="First">The limit of the first pause.</param>
/// <param name="Longest">No limit is longer.</param>
public readonly record struct WorkBackoff(TimeSpan First, TimeSpan Longest)
{
    // Two to this power, times a second, is longer than any pause.
    private const int MostDoublings = 30;

    /// <summary>The longest possible pause after this many failed attempts.</summary>
    public TimeSpan LimitAfter(int failures)
    {
        var factor = Math.Pow(2, Math.Clamp(failures - 1, 0, MostDoublings));
        return First < Longest / factor ? First * factor : Longest;
    }

    [SuppressMessage("Security", "CA5394", Justification = "The spread of pauses is no secret.")]
    public TimeSpan PauseAfter(int failures) => LimitAfter(failures) * Random.Shared.NextDouble();
}
