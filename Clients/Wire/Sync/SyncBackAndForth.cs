namespace ChunkUpload.Wire.Sync;

/// <summary>
/// Finds files that go back and forth, as when a program on each side writes what the other one has just brought: a person is asked before
/// such a file goes on.
/// </summary>
public static class SyncBackAndForth
{
    /// <summary>How often a file goes to each side within <see cref="Window"/>.</summary>
    public const int Most = 3;

    public static readonly TimeSpan Window = TimeSpan.FromMinutes(10);

    /// <param name="toLeft">How often the left side was changed within <see cref="Window"/>.</param>
    /// <param name="toRight">How often the right side was.</param>
    public static bool Stops(int toLeft, int toRight) => toLeft >= Most && toRight >= Most;

    /// <param name="steps">The steps within <see cref="Window"/>, each with the side that it has changed.</param>
    public static IReadOnlySet<string> Find(IEnumerable<(string Path, SyncSide At)> steps) => steps
        .GroupBy(step => step.Path, StringComparer.Ordinal)
        .Where(path => Stops(path.Count(step => step.At == SyncSide.Left), path.Count(step => step.At == SyncSide.Right)))
        .Select(path => path.Key).ToHashSet(StringComparer.Ordinal);
}
