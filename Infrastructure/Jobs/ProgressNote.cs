using System.Globalization;
using ChunkUpload.Core.Jobs;

namespace ChunkUpload.Infrastructure.Jobs;

/// <summary>
/// The scheduler keeps a percentage and a line of text with a running job, in the database, for all nodes to read. Ours is of figures,
/// so the line carries them: <c>done/total what</c>, or <c>done what</c> when the total is not known.
/// </summary>
internal static class ProgressNote
{
    public static int Percent(JobProgress progress) =>
        progress.Total is > 0 and var total ? (int)Math.Clamp(100.0 * progress.Done / total, 0, 100) : 0;

    public static string Write(JobProgress progress) => progress.Total is { } total
        ? string.Create(CultureInfo.InvariantCulture, $"{progress.Done}/{total} {progress.What}")
        : string.Create(CultureInfo.InvariantCulture, $"{progress.Done} {progress.What}");

    /// <summary>Null for a text that is not ours.</summary>
    public static JobProgress? Read(string? note)
    {
        if (note is null || note.IndexOf(' ', StringComparison.Ordinal) is not (> 0 and var blank))
            return null;
        var figures = note[..blank].Split('/');
        long? total = null;
        if (figures.Length > 2 || !long.TryParse(figures[0], NumberStyles.None, CultureInfo.InvariantCulture, out var done))
            return null;
        if (figures.Length == 2)
        {
            if (!long.TryParse(figures[1], NumberStyles.None, CultureInfo.InvariantCulture, out var parsed))
                return null;
            total = parsed;
        }

        return new JobProgress(done, total, note[(blank + 1)..]);
    }
}
