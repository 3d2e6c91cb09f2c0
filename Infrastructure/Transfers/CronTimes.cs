using ChunkUpload.Core.Jobs;
using ChunkUpload.Infrastructure.Jobs;

namespace ChunkUpload.Infrastructure.Transfers;

/// <summary>Evaluates cron expressions of five fields in time zones. As for jobs, ambiguous ones are refused.</summary>
internal sealed class CronTimes : IScheduleTimes
{
    public string? Fault(string cron, TimeZoneInfo zone, DateTimeOffset now)
    {
        if (cron.Split([' ', '\t'], StringSplitOptions.RemoveEmptyEntries).Length != 5)
            return "cron must have five fields: minutes hours day-of-month month day-of-week, such as 30 2 * * MON-FRI.";
        return JobCron.Fault("0 " + cron, now) switch
        {
            null => NextAfter(cron, zone, now) is null ? $"cron {ScheduleFaults.Never}." : null,
            ScheduleFaults.NotCron => "cron is not a cron expression (minutes hours day-of-month month day-of-week).",
            var fault => $"cron {fault}.",
        };
    }

    public DateTimeOffset? NextAfter(string cron, TimeZoneInfo zone, DateTimeOffset moment) =>
        JobCron.Parse("0 " + cron).NextAfter(moment, zone);
}
