using System.Text.RegularExpressions;
using ChunkUpload.Core.Jobs;
using Cronos;

namespace ChunkUpload.Infrastructure.Jobs;

/// <summary>
/// The schedule of a job: a cron expression with seconds, in UTC. An expression that schedulers read differently is refused, so that a
/// schedule never depends on the library that parses it.
/// </summary>
internal sealed partial class JobCron
{
    private readonly CronExpression _expression;

    private JobCron(CronExpression expression) => _expression = expression;

    public DateTimeOffset? NextAfter(DateTimeOffset moment) => NextAfter(moment, TimeZoneInfo.Utc);

    public DateTimeOffset? NextAfter(DateTimeOffset moment, TimeZoneInfo zone) =>
        _expression.GetNextOccurrence(moment, zone)?.ToUniversalTime();

    /// <returns>Null if the text is an unambiguous schedule that can fire; otherwise a sentence that says what is wrong.</returns>
    public static string? Fault(string text, DateTimeOffset now)
    {
        var fields = text.Split([' ', '\t'], StringSplitOptions.RemoveEmptyEntries);
        if (fields.Length != 6 || !CronExpression.TryParse(text, CronFormat.IncludeSeconds, out var cron))
            return ScheduleFaults.NotCron;
        var (dayOfMonth, dayOfWeek) = (fields[3], fields[5]);
        if (dayOfWeek is not ("*" or "?") && !NamedDays().IsMatch(dayOfWeek))
            return ScheduleFaults.NumberedWeekdays;
        if (dayOfMonth is not ("*" or "?") && dayOfWeek is not ("*" or "?"))
            return ScheduleFaults.BothDays;
        if (LateWeekday().IsMatch(dayOfMonth))
            return ScheduleFaults.LateWeekday;
        return cron.GetNextOccurrence(now, TimeZoneInfo.Utc) is null ? ScheduleFaults.Never : null;
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
