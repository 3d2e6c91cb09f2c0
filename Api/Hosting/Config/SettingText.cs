using System.Globalization;

namespace ChunkUpload.Api.Hosting;

/// <summary>Converts setting values from and to text.</summary>
internal static class SettingText
{
    private static readonly (string Suffix, long Factor)[] Sizes =
        [("TiB", 1L << 40), ("GiB", 1L << 30), ("MiB", 1L << 20), ("KiB", 1L << 10), ("B", 1)];

    // "ms" must come before "s" and "m": the first match wins.
    private static readonly (string Suffix, TimeSpan Unit)[] Times =
    [
        ("ms", TimeSpan.FromMilliseconds(1)), ("d", TimeSpan.FromDays(1)), ("h", TimeSpan.FromHours(1)),
        ("m", TimeSpan.FromMinutes(1)), ("s", TimeSpan.FromSeconds(1)),
    ];

    /// <summary>Parses a value. Returns false and what was expected, as in "must be a size such as 8MiB".</summary>
    public static bool TryParse(Type type, string text, out object? value, out string expected)
    {
        var target = Nullable.GetUnderlyingType(type) ?? type;
        expected = Expected(target);
        text = text.Trim();
        value = null;
        if (text.Length == 0 && target != typeof(string) && target != typeof(string[]))
            return target != type;
        value = target switch
        {
            _ when target == typeof(string) => text,
            _ when target == typeof(string[]) =>
                text.Split([',', ';'], StringSplitOptions.TrimEntries | StringSplitOptions.RemoveEmptyEntries),
            _ when target == typeof(bool) => ParseBool(text),
            _ when target == typeof(int) => ParseNumber(text) is { } number && (int)number == number ? (int)number : null,
            _ when target == typeof(long) => ParseNumber(text),
            _ when target == typeof(double) =>
                double.TryParse(text, NumberStyles.Float, CultureInfo.InvariantCulture, out var real) && double.IsFinite(real)
                    ? real
                    : null,
            _ when target == typeof(TimeSpan) => ParseTime(text),
            _ when target.IsEnum => ParseEnum(target, text),
            _ => throw new InvalidOperationException($"An option of type {target.Name} is not supported."),
        };
        return value is not null;
    }

    public static string Format(Setting setting, object? value) => value switch
    {
        null => "",
        bool truth => truth ? "true" : "false",
        string[] items => string.Join(',', items),
        TimeSpan time => FormatTime(time),
        long number when IsSize(setting.Property.Name) => FormatSize(number),
        int number when IsSize(setting.Property.Name) => FormatSize(number),
        IFormattable formattable => formattable.ToString(null, CultureInfo.InvariantCulture),
        _ => value.ToString() ?? "",
    };

    /// <summary>Describes the accepted values, for error messages and the documentation.</summary>
    public static string Expected(Type type)
    {
        var target = Nullable.GetUnderlyingType(type) ?? type;
        return target switch
        {
            _ when target == typeof(bool) => "true or false",
            _ when target == typeof(int) => "a whole number",
            _ when target == typeof(long) => "a whole number or a size such as 8MiB",
            _ when target == typeof(double) => "a number",
            _ when target == typeof(TimeSpan) => "a time such as 500ms, 10s, 5m, 24h, 7d or hh:mm:ss",
            _ when target == typeof(string[]) => "a list with commas",
            _ when target.IsEnum => "one of " + string.Join(", ", Enum.GetNames(target)),
            _ => "a text",
        };
    }

    // The name decides: a count must not be shown in KiB.
    private static bool IsSize(string name) =>
        name.EndsWith("Bytes", StringComparison.Ordinal)
        || name.EndsWith("Size", StringComparison.Ordinal)
        || name.EndsWith("SizeMultiple", StringComparison.Ordinal)
        || name.EndsWith("BodyLimit", StringComparison.Ordinal)
        || name.EndsWith("BytesPerSecond", StringComparison.Ordinal);

    private static bool? ParseBool(string text) => text.ToUpperInvariant() switch
    {
        "TRUE" or "YES" or "ON" or "1" => true,
        "FALSE" or "NO" or "OFF" or "0" => false,
        _ => null,
    };

    private static long? ParseNumber(string text)
    {
        var factor = 1L;
        foreach (var (suffix, unit) in Sizes)
        {
            if (!text.EndsWith(suffix, StringComparison.OrdinalIgnoreCase))
                continue;
            factor = unit;
            text = text[..^suffix.Length].TrimEnd();
            break;
        }

        if (!long.TryParse(text, NumberStyles.AllowLeadingSign, CultureInfo.InvariantCulture, out var number))
            return null;
        var product = (Int128)number * factor;
        return product >= long.MinValue && product <= long.MaxValue ? (long)product : null;
    }

    private static TimeSpan? ParseTime(string text)
    {
        // Zero needs no unit.
        if (text == "0")
            return TimeSpan.Zero;
        foreach (var (suffix, unit) in Times)
        {
            if (!text.EndsWith(suffix, StringComparison.OrdinalIgnoreCase))
                continue;
            var digits = text[..^suffix.Length].TrimEnd();
            if (!decimal.TryParse(
                digits, NumberStyles.AllowLeadingSign | NumberStyles.AllowDecimalPoint, CultureInfo.InvariantCulture, out var count))
                return null;
            return Math.Abs(count) <= TimeSpan.MaxValue.Ticks / unit.Ticks ? new TimeSpan((long)(count * unit.Ticks)) : null;
        }

        // .NET reads a bare number as days, most people as seconds; refuse it.
        return text.Contains(':', StringComparison.Ordinal) && TimeSpan.TryParse(text, CultureInfo.InvariantCulture, out var time)
            ? time
            : null;
    }

    private static object? ParseEnum(Type type, string text) =>
        Enum.GetNames(type).FirstOrDefault(name => name.Equals(text, StringComparison.OrdinalIgnoreCase)) is { } found
            ? Enum.Parse(type, found)
            : null;

    private static string FormatTime(TimeSpan time)
    {
        if (time == TimeSpan.Zero)
            return "0s";
        foreach (var (suffix, unit) in Times.OrderByDescending(entry => entry.Unit))
        {
            if (time.Ticks % unit.Ticks == 0)
                return (time.Ticks / unit.Ticks).ToString(CultureInfo.InvariantCulture) + suffix;
        }

        return time.ToString("c", CultureInfo.InvariantCulture);
    }

    private static string FormatSize(long size)
    {
        var (suffix, factor) = Sizes.First(entry => size % entry.Factor == 0 && (size != 0 || entry.Factor == 1));
        return (size / factor).ToString(CultureInfo.InvariantCulture) + (factor == 1 ? "" : suffix);
    }
}
