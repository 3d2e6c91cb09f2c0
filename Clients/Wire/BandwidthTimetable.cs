namespace ChunkUpload.Wire;

/// <summary>
/// A bandwidth that changes over the week, such as <c>08:00,512k 18:00,10M 23:00,off</c>. A time with a weekday (<c>Mon-08:00,512k</c>)
/// holds on that day only, and takes the place of an equal time without one. The last entry of the week holds until the first. A rate alone
/// holds always. Times are local: an hour that a change of the clocks repeats counts twice.
/// </summary>
public sealed class BandwidthTimetable : IEquatable<BandwidthTimetable>
{
    /// <summary>A longer timetable would be too long for a person to check.</summary>
    public const int MostCharacters = 1000;

    /// <summary>In timetables that allow it, the rate of times at which nothing may move.</summary>
    public const string Stop = "stop";

    private const int MinutesOfDay = 24 * 60, MinutesOfWeek = 7 * MinutesOfDay;

    private static readonly string[] Days = ["sun", "mon", "tue", "wed", "thu", "fri", "sat"];

    // Sorted by the minute of the week, which begins on Sunday; never empty.
    private readonly (int Minute, long? Rate)[] _entries;

    private BandwidthTimetable(string text, (int Minute, long? Rate)[] entries) => (Text, _entries) = (text, entries);

    /// <summary>As it was written.</summary>
    public string Text { get; }

    /// <param name="fault">The fault of the text, as a sentence.</param>
    /// <param name="stops">Whether an entry may say <see cref="Stop"/>; not all of them.</param>
    public static BandwidthTimetable? Parse(string text, out string? fault, bool stops = false)
    {
        text = text.Trim();
        fault = text.Length <= MostCharacters ? null : $"A timetable has at most {MostCharacters} characters.";
        if (fault is not null)
            return null;
        if (BandwidthRate.TryParse(text, out var always))
            return new BandwidthTimetable(text, [(0, always)]);
        var words = text.Split(' ', StringSplitOptions.RemoveEmptyEntries);
        if (words is [] or [_] && !text.Contains(','))
        {
            fault = RateFault(text);
            return null;
        }

        Dictionary<int, long?> onDay = [], daily = [];
        foreach (var word in words)
        {
            if ((fault = Add(word, onDay, daily, stops)) is not null)
                return null;
        }

        if (onDay.Values.Concat(daily.Values).All(rate => rate == 0))
        {
            fault = $"All entries say \"{Stop}\"; one must let something move, such as 22:00,off.";
            return null;
        }

        foreach (var (minute, rate) in daily)
        {
            for (var day = 0; day < Days.Length; day++)
                onDay.TryAdd((day * MinutesOfDay) + minute, rate);
        }

        return new BandwidthTimetable(text, [.. onDay.OrderBy(entry => entry.Key).Select(entry => (entry.Key, entry.Value))]);
    }

    /// <summary>When it changes after this local time to an entry that stops, or to one that does not; null means never.</summary>
    public DateTime? NextChange(DateTime local, bool toStop)
    {
        var now = MinuteOf(local);
        DateTime? next = null;
        foreach (var (minute, rate) in _entries)
        {
            if (rate == 0 != toStop)
                continue;
            var wait = (minute - now + MinutesOfWeek) % MinutesOfWeek;
            var at = local.Date.AddMinutes((local.Hour * 60) + local.Minute + (wait == 0 ? MinutesOfWeek : wait));
            if (next is null || at < next)
                next = at;
        }

        return next;
    }

    /// <summary>Bytes a second at this local time; null means no limit; 0: nothing may move.</summary>
    public long? At(DateTime local)
    {
        var minute = MinuteOf(local);
        var rate = _entries[^1].Rate;
        foreach (var entry in _entries)
        {
            if (entry.Minute > minute)
                break;
            rate = entry.Rate;
        }

        return rate;
    }

    public bool Equals(BandwidthTimetable? other) => other?.Text == Text;

    public override bool Equals(object? obj) => Equals(obj as BandwidthTimetable);

    public override int GetHashCode() => Text.GetHashCode(StringComparison.Ordinal);

    public override string ToString() => Text;

    private static int MinuteOf(DateTime local) => ((int)local.DayOfWeek * MinutesOfDay) + (local.Hour * 60) + local.Minute;

    private static string? Add(string word, Dictionary<int, long?> onDay, Dictionary<int, long?> daily, bool stops)
    {
        if (word.Split(',') is not [var when, var rateText])
            return $"\"{word}\" is not an entry of a timetable; write a time and a rate, such as 08:00,512k or Mon-08:00,512k.";
        var day = -1;
        if (when.Split('-') is [var dayText, var rest])
        {
            day = Array.IndexOf(Days, dayText.ToLowerInvariant());
            if (day < 0)
                return $"\"{dayText}\" is not a weekday; write Mon, Tue, Wed, Thu, Fri, Sat or Sun.";
            when = rest;
        }

        if (!TimeOnly.TryParseExact(when, ["HH:mm", "H:mm"], null, System.Globalization.DateTimeStyles.None, out var time))
            return $"\"{when}\" is not a time; write hours and minutes from 00:00 to 23:59.";
        long? rate = 0;
        if (!(stops && rateText.Equals(Stop, StringComparison.OrdinalIgnoreCase)) && !BandwidthRate.TryParse(rateText, out rate))
            return RateFault(rateText);
        var minute = (time.Hour * 60) + time.Minute;
        return (day < 0 ? daily : onDay).TryAdd((Math.Max(day, 0) * MinutesOfDay) + minute, rate)
            ? null
            : $"\"{word}\" repeats the time of another entry; keep one of the two.";
    }

    private static string RateFault(string text) =>
        $"\"{text}\" is not a bandwidth; write bytes a second from 8k on, such as 512k or 10M, or off, or a timetable such as "
            + "08:00,512k 23:00,off.";
}
