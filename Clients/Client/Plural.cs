using System.Globalization;

namespace ChunkUpload.Client;

/// <summary>Writes numbers of things.</summary>
internal static class Plural
{
    /// <summary>Returns the number with its noun: 1 file, 2 files.</summary>
    /// <param name="one">The noun in the singular, which takes an s in the plural.</param>
    public static string Of(long count, string one) =>
        string.Create(CultureInfo.InvariantCulture, $"{count} {one}{(count == 1 ? "" : "s")}");
}
