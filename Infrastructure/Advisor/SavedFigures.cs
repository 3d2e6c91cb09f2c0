using System.Globalization;
using ChunkUpload.Core.Advisor;

namespace ChunkUpload.Infrastructure.Advisor;

/// <summary>
/// A link's figures in the database, by their place in a list. Another number of them is another version's: then nothing is known.
/// </summary>
internal static class SavedFigures
{
    private const int Count = 14;

    /// <summary>As PostgreSQL writes an array.</summary>
    public static string Write(in LinkFigures figures)
    {
        double[] values =
        [
            figures.FastBytes, figures.FastSeconds, figures.SlowBytes, figures.SlowSeconds, figures.SlowSquares, figures.Gap,
                figures.Breaks, figures.Drops,
            figures.Exposure, figures.Corrupt, figures.Verified, figures.LargestOk, figures.FailureShare, figures.TransferSeconds,
        ];
        return "{" + string.Join(
            ',', values.Select(value => (double.IsFinite(value) ? value : 0).ToString("R", CultureInfo.InvariantCulture))) + "}";
    }

    public static LinkFigures Read(double[] values) => values.Length != Count ? default : new LinkFigures
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
        TransferSeconds = (float)values[13],
    };
}
