using System.Text.RegularExpressions;
using Cronos;

namespace ChunkUpload.Infrastructure.Jobs;

/// <summary>
/// The schedule of a job: a cron expression with seconds, in UTC. An expression that schedulers read differently is refused, so that a
/// schedule never changes its meaning with the library that reads it.
/// </summary>
internal sealed partial class JobCron
{
    private readonly CronExpression _expression;

    private JobCron(CronExpression expression) => _expression = expression;

    public DateTimeOffset? NextAfter(DateTimeOffset moment) => _expression.GetNextOccurrence(moment, TimeZoneInfo.Utc);

    /// <returns>Null when the text is a schedule that means one thing only and can fire; else what is wrong with it.</returns>
    public static string? Fault(string text, DateTimeOffset now)
    {
        var fields = text.Split([' ', '\t'], StringSplitOptions.RemoveEmptyEntries);
        if (fields.Length != 6 || !CronExpression.TryParse(text, CronFormat.IncludeSeconds, out var cron))
            return "is not a cron expression (seconds minutes hours day-of-month month day-of-week)";
        var (dayOfMonth, dayOfWeek) = (fields[3], fields[5]);
        if (dayOfWeek is not ("*" or "?") && !NamedDays().IsMatch(dayOfWeek))
            return "counts weekdays, which schedulers do from different days: name them, as in MON-FRI or SUN,WED";
        if (dayOfMonth is not ("*" or "?") && dayOfWeek is not ("*" or "?"))
            return "names days of the month and weekdays, which schedulers combine differently: put ? for one of them";
        if (LateWeekday().IsMatch(dayOfMonth))
            return "asks for the weekday nearest to a day that not every month has: use LW, the last weekday of the month";
        return cron.GetNextOccurrence(now, TimeZoneInfo.Utc) is null ? "never fires" : null;
    }

    public static JobCron Parse(string text) => new(CronExpression.Parse(text, CronFormat.IncludeSeconds));

    [GeneratedRegex(
        "^(?:(?:SUN|MON|TUE|WED|THU|FRI|SAT)(?:-(?:SUN|MON|TUE|WED|THU|FRI|SAT))?(?:,(?!$)|$))+$"
        + "|^(?:SUN|MON|TUE|WED|THU|FRI|SAT)(?:#[1-5]|L)$",
        RegexOptions.IgnoreCase)]
    private static partial Regex NamedDays();

    [GeneratedRegex("^(?:29|30|31)W$", RegexOptions.IgnoreCase)]
    private static partial Regex LateWeekday();
}
