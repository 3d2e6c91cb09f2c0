using System.Data.Common;
using Dapper;

namespace ChunkUpload.Infrastructure.Ledger;

/// <summary>The rows that Dapper fills, and their conversion to Core's types. Columns and properties match by name.</summary>
internal static class LedgerRows
{
    static LedgerRows() => DefaultTypeMap.MatchNamesWithUnderscores = true;

    /// <summary>Makes sure that the static constructor has run.</summary>
    public static void Prepare()
    {
    }

    /// <summary>Parses some of a row's columns. Null if the first of them is null, as when an outer join found no row.</summary>
    public static T? Part<T>(DbDataReader reader, int start, int length = -1)
        where T : class =>
        reader.IsDBNull(start) ? null : reader.GetRowParser<T>(startIndex: start, length: length)(reader);

    /// <summary>
    /// Returns the shared instance of a text that is the same in almost every row, so that open uploads do not each keep a copy.
    /// </summary>
    public static string Shared(string text, string common) => text == common ? common : text;

    /// <summary>Whole seconds, rounded up.</summary>
    public static long Seconds(TimeSpan time) => (long)Math.Ceiling(time.TotalSeconds);

    /// <summary>A text in which no character means anything to LIKE.</summary>
    public static string EscapeLike(string text) => text
        .Replace(@"\", @"\\", StringComparison.Ordinal)
        .Replace("%", @"\%", StringComparison.Ordinal)
        .Replace("_", @"\_", StringComparison.Ordinal);

    public static DateTimeOffset Utc(DateTime time) => new(time, TimeSpan.Zero);

    public static DateTimeOffset? Utc(DateTime? time) => time is { } at ? Utc(at) : null;

    public static Sha256Digest? Digest(byte[]? bytes) => bytes is null ? null : new Sha256Digest(bytes);
}
