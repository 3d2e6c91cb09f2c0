using System.Globalization;

namespace ChunkUpload.Client;

/// <summary>Times as the service writes and reads them.</summary>
internal static class UnixTime
{
    private static readonly DateTime Earliest = new(1700, 1, 1, 0, 0, 0, DateTimeKind.Utc);
    private static readonly DateTime Latest = new(2250, 1, 1, 0, 0, 0, DateTimeKind.Utc);

    /// <summary>Returns whether the service keeps such a time.</summary>
    public static bool IsKept(DateTime utc) => utc > Earliest && utc < Latest;

    /// <summary>Seconds since 1970 with seven decimals.</summary>
    public static string Text(DateTime utc)
    {
        var ticks = utc.Ticks - DateTime.UnixEpoch.Ticks;
        return (ticks / (decimal)TimeSpan.TicksPerSecond).ToString(CultureInfo.InvariantCulture);
    }

    /// <summary>Reads ISO 8601 with up to nine decimals, of which .NET keeps seven.</summary>
    public static DateTime? Parse(string? text)
    {
        if (text is null)
            return null;
        var dot = text.IndexOf('.', StringComparison.Ordinal);
        if (dot > 0 && text.EndsWith('Z') && text.Length - dot > 9)
            text = text[..(dot + 8)] + "Z";
        return DateTimeOffset.TryParse(text, CultureInfo.InvariantCulture, DateTimeStyles.AssumeUniversal, out var time)
            ? time.UtcDateTime
            : null;
    }
}
