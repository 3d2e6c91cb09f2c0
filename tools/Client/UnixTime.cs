using System.Globalization;

namespace ChunkUpload.Client;

/// <summary>Times as the service writes and reads them.</summary>
internal static class UnixTime
{
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
