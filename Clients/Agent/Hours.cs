using System.Globalization;

namespace ChunkUpload.Agent;

/// <summary>Hours of each day, such as 22:00-06:00; the end is the first minute outside. Times are local.</summary>
internal sealed record Hours(TimeOnly From, TimeOnly To)
{
    public static Hours? Parse(string text, out string? fault)
    {
        fault = null;
        if (text.Split('-') is [var from, var to] && Clock(from) is { } first && Clock(to) is { } last && first != last)
            return new Hours(first, last);
        fault = $"\"{text}\" are no hours; write a beginning and an end, such as 22:00-06:00.";
        return null;
    }

    /// <summary>Reads hours and minutes.</summary>
    public static TimeOnly? Clock(string text) =>
        TimeOnly.TryParseExact(text.Trim(), ["HH:mm", "H:mm"], CultureInfo.InvariantCulture, DateTimeStyles.None, out var time)
            ? time
            : null;

    public bool Contains(DateTime local)
    {
        var now = TimeOnly.FromDateTime(local);
        return now.IsBetween(From, To);
    }

    /// <summary>When they begin or end next.</summary>
    public DateTime NextChange(DateTime local)
    {
        var clock = Contains(local) ? To : From;
        var next = local.Date + clock.ToTimeSpan();
        return next > local ? next : next.AddDays(1);
    }
}
