using System.Globalization;

namespace ChunkUpload.Agent;

/// <summary>
/// A rhythm: an interval (30m, 6h, 1d), a time of each day (02:00), or one of a weekday (Sun-02:00). Times are local; one that a change
/// of the clocks leaves out is taken as early as it can be.
/// </summary>
internal sealed record Every(TimeSpan? Interval, TimeOnly Clock, DayOfWeek? Day)
{
    private static readonly TimeSpan Least = TimeSpan.FromMinutes(1);
    private static readonly TimeSpan Longest = TimeSpan.FromDays(366);
    private static readonly string[] Days = ["sun", "mon", "tue", "wed", "thu", "fri", "sat"];

    public static Every? Parse(string text, out string? fault)
    {
        fault = null;
        if (Span(text) is { } interval && interval >= Least && interval <= Longest)
            return new Every(interval, default, null);
        var (day, clock) = text.Split('-') is [var name, var rest] ? (Array.IndexOf(Days, name.ToLowerInvariant()), rest) : (-2, text);
        if (day != -1 && Hours.Clock(clock) is { } time)
            return new Every(null, time, day < 0 ? null : (DayOfWeek)day);
        fault = $"\"{text}\" is no rhythm; write an interval from 1m on, such as 6h or 1d, a time such as 02:00, or Sun-02:00.";
        return null;
    }

    /// <summary>Reads 90s, 30m, 6h, 2d or 1w.</summary>
    public static TimeSpan? Span(string text)
    {
        double unit = text.Length == 0 ? 0 : text[^1] switch { 's' => 1, 'm' => 60, 'h' => 3600, 'd' => 86400, 'w' => 7 * 86400, _ => 0 };
        return unit > 0 && double.TryParse(text[..^1], NumberStyles.AllowDecimalPoint, CultureInfo.InvariantCulture, out var number)
            && number * unit < TimeSpan.MaxValue.TotalSeconds / 2
            ? TimeSpan.FromSeconds(number * unit)
            : null;
    }

    /// <summary>The first time: at once for an interval.</summary>
    public DateTimeOffset First(DateTimeOffset now, TimeZoneInfo zone) => Interval is null ? Next(now, now, zone) : now;

    /// <summary>The time after one that came. Of several that passed meanwhile, none is caught up with.</summary>
    /// <param name="last">The time that came.</param>
    public DateTimeOffset Next(DateTimeOffset last, DateTimeOffset now, TimeZoneInfo zone)
    {
        if (Interval is { } interval)
        {
            var passed = Math.Max(0, Math.Floor((now - last) / interval));
            return last + ((passed + 1) * interval);
        }

        var local = TimeZoneInfo.ConvertTime(now, zone).DateTime;
        var next = local.Date + Clock.ToTimeSpan();
        while (next <= local || (Day is { } day && next.DayOfWeek != day))
            next = next.AddDays(1);
        return LocalTimes.Of(next, zone);
    }
}

/// <summary>Local times as points of time.</summary>
internal static class LocalTimes
{
    /// <summary>One that the clocks leave out in spring is moved on by what they are advanced.</summary>
    public static DateTimeOffset Of(DateTime local, TimeZoneInfo zone)
    {
        local = DateTime.SpecifyKind(local, DateTimeKind.Unspecified);
        while (zone.IsInvalidTime(local))
            local = local.AddMinutes(15);
        return new DateTimeOffset(local, zone.GetUtcOffset(local));
    }
}
