using System.Diagnostics.CodeAnalysis;
using System.Globalization;

namespace ChunkUpload.Core.Model;

/// <summary>A time in nanoseconds since 1970, as file systems keep it: from 1677 to 2262.</summary>
public readonly record struct NanoTime(long Nanoseconds) : IComparable<NanoTime>
{
    private const long PerSecond = 1_000_000_000;
    private const int Digits = 9;

    public static NanoTime Of(DateTimeOffset time) => new(checked((time.UtcTicks - DateTimeOffset.UnixEpoch.UtcTicks) * 100));

    public DateTimeOffset ToTime() => DateTimeOffset.UnixEpoch.AddTicks((long)Math.Floor(Nanoseconds / 100m));

    /// <summary>Reads seconds since 1970 with up to nine decimals, or an ISO 8601 time with an offset and up to nine decimals.</summary>
    public static bool TryParse([NotNullWhen(true)] string? text, out NanoTime time)
    {
        time = default;
        if (string.IsNullOrEmpty(text) || text.Length > 40)
            return false;
        return text.Contains('T', StringComparison.Ordinal) ? TryParseIso(text, out time) : TryParseSeconds(text, out time);
    }

    /// <summary>ISO 8601 in UTC, with as many decimals as the time has.</summary>
    public override string ToString()
    {
        var seconds = Math.DivRem(Nanoseconds, PerSecond, out var rest);
        if (rest < 0)
            (seconds, rest) = (seconds - 1, rest + PerSecond);
        var whole = DateTimeOffset.FromUnixTimeSeconds(seconds).ToString("yyyy-MM-dd'T'HH:mm:ss", CultureInfo.InvariantCulture);
        var decimals = rest.ToString("D9", CultureInfo.InvariantCulture).TrimEnd('0');
        return whole + (decimals.Length > 0 ? "." + decimals : "") + "Z";
    }

    public int CompareTo(NanoTime other) => Nanoseconds.CompareTo(other.Nanoseconds);

    public static bool operator <(NanoTime left, NanoTime right) => left.Nanoseconds < right.Nanoseconds;

    public static bool operator >(NanoTime left, NanoTime right) => left.Nanoseconds > right.Nanoseconds;

    public static bool operator <=(NanoTime left, NanoTime right) => left.Nanoseconds <= right.Nanoseconds;

    public static bool operator >=(NanoTime left, NanoTime right) => left.Nanoseconds >= right.Nanoseconds;

    private static bool TryParseSeconds(string text, out NanoTime time)
    {
        time = default;
        if (!decimal.TryParse(
            text, NumberStyles.AllowLeadingSign | NumberStyles.AllowDecimalPoint, CultureInfo.InvariantCulture, out var seconds)
            || Math.Abs(seconds) > long.MaxValue / PerSecond)
            return false;
        // Finer digits than a nanosecond are cut off, as file systems do.
        time = new NanoTime((long)Math.Floor(seconds * PerSecond));
        return true;
    }

    private static bool TryParseIso(string text, out NanoTime time)
    {
        time = default;
        var point = text.IndexOf('.', StringComparison.Ordinal);
        var decimals = 0L;
        if (point >= 0)
        {
            var end = point + 1;
            while (end < text.Length && char.IsAsciiDigit(text[end]))
                end++;
            var digits = text[(point + 1)..end];
            if (digits.Length is 0 or > Digits)
                return false;
            decimals = long.Parse(digits.PadRight(Digits, '0'), CultureInfo.InvariantCulture);
            text = text[..point] + text[end..];
        }

        if (!DateTimeOffset.TryParseExact(
                text, ["yyyy-MM-dd'T'HH:mm:ss'Z'", "yyyy-MM-dd'T'HH:mm:sszzz"], CultureInfo.InvariantCulture,
                DateTimeStyles.AssumeUniversal | DateTimeStyles.AdjustToUniversal, out var whole)
            || Math.Abs(whole.ToUnixTimeSeconds()) >= long.MaxValue / PerSecond)
            return false;
        time = new NanoTime(whole.ToUnixTimeSeconds() * PerSecond + decimals);
        return true;
    }
}
