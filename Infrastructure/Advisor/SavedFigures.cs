using System.Globalization;
using ChunkUpload.Core.Advisor;

namespace ChunkUpload.Infrastructure.Advisor;

/// <summary>
/// Converts the figures of a network to and from a positional list in the database. A list of another length comes from another version
/// and is ignored.
/// </summary>
internal static class SavedFigures
{
    private const int Count = 14;

    /// <summary>Writes the figures in PostgreSQL's array syntax.</summary>
    public static string Write(in NetworkFigures figures)
    {
        double[] values =
        [
            figures.FastBytes, figures.FastSeconds, figures.SlowBytes, figures.SlowSeconds, figures.SlowSquares, figures.Gap,
                figures.Breaks, figures.Drops,
            figures.Exposure, figures.Corrupt, figures.Verified, figures.LargestOk, figures.FailureShare, figures.ReceivingSeconds,
        ];
        return "{" + string.Join(
            ',', values.Select(value => (double.IsFinite(value) ? value : 0).ToString("R", CultureInfo.InvariantCulture))) + "}";
    }

    public static NetworkFigures Read(double[] values) => values.Length != Count ? default : new NetworkFigures
    {
        FastBytes = values[0],
        FastSeconds = values[1],
        SlowBytes = values[2],
        SlowSeconds = values[3],
        SlowSquares = values[4],
        Gap = values[5],
        Breaks = values[6],
        Drops = values[7],
        Exposure = values[8],
        Corrupt = values[9],
        Verified = values[10],
        LargestOk = (long)values[11],
        FailureShare = (float)values[12],
        ReceivingSeconds = (float)values[13],
    };
}
