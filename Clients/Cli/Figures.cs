using System.Globalization;

namespace ChunkUpload.Cli;

/// <summary>Numbers as people read them.</summary>
internal static class Figures
{
    private static readonly string[] Units = ["B", "KiB", "MiB", "GiB", "TiB", "PiB"];

    public static string Bytes(double bytes)
    {
        var unit = 0;
        while (bytes >= 1024 && unit < Units.Length - 1)
        {
            bytes /= 1024;
            unit++;
        }

        return unit == 0 || bytes >= 100
            ? string.Create(CultureInfo.InvariantCulture, $"{bytes:0} {Units[unit]}")
            : string.Create(CultureInfo.InvariantCulture, $"{bytes:0.0} {Units[unit]}");
    }

    public static string Time(TimeSpan time) => time switch
    {
        { TotalSeconds: < 10 } => string.Create(CultureInfo.InvariantCulture, $"{time.TotalSeconds:0.0} s"),
        { TotalMinutes: < 1 } => string.Create(CultureInfo.InvariantCulture, $"{time.TotalSeconds:0} s"),
        { TotalHours: < 1 } => string.Create(CultureInfo.InvariantCulture, $"{time.Minutes}:{time.Seconds:00} min"),
        { TotalDays: < 2 } => string.Create(CultureInfo.InvariantCulture, $"{(int)time.TotalHours}:{time.Minutes:00} h"),
        _ => string.Create(CultureInfo.InvariantCulture, $"{time.TotalDays:0} days"),
    };

    /// <summary>A size such as 500, 20M, 1.5GiB.</summary>
    public static long ParseBytes(string text)
    {
        var (number, unit) = Split(text);
        var power = unit.ToUpperInvariant() switch
        {
            "" or "B" => 0,
            "K" or "KB" or "KIB" => 1,
            "M" or "MB" or "MIB" => 2,
            "G" or "GB" or "GIB" => 3,
            "T" or "TB" or "TIB" => 4,
            _ => -1,
        };
        var bytes = number * (decimal)Math.Pow(1024, Math.Max(power, 0));
        return power >= 0 && bytes is >= 1 and <= long.MaxValue
            ? (long)bytes
            : throw new UsageException($"{text} is not a size. Write it as 500K, 20M or 1.5G.");
    }

    /// <summary>A time such as 30s, 12h, 7d, 2w.</summary>
    public static TimeSpan ParseTime(string text)
    {
        var (number, unit) = Split(text);
        var seconds = unit.ToUpperInvariant() switch
        {
            "S" => 1,
            "M" or "MIN" => 60,
            "H" => 3600,
            "D" => 24 * 3600,
            "W" => 7 * 24 * 3600,
            _ => 0,
        };
        return number * seconds is > 0 and < 1e10m
            ? TimeSpan.FromSeconds((double)(number * seconds))
            : throw new UsageException($"{text} is not a duration. Write it as 30s, 15m, 12h, 7d or 2w.");
    }

    /// <returns>A negative number where the text begins with none.</returns>
    private static (decimal Number, string Unit) Split(string text)
    {
        var end = 0;
        while (end < text.Length && (char.IsAsciiDigit(text[end]) || text[end] == '.'))
            end++;
        return decimal.TryParse(text[..end], NumberStyles.AllowDecimalPoint, CultureInfo.InvariantCulture, out var number) && number < 1e12m
            ? (number, text[end..].Trim())
            : (-1, "");
    }
}
