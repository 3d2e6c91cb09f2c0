using ChunkUpload.Core.Jobs;
using ChunkUpload.Infrastructure.Jobs;

namespace ChunkUpload.Infrastructure.Transfers;

/// <summary>
/// Cron expressions of five fields, in time zones, with the rules of those of jobs: one that could mean two things is refused.
/// </summary>
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
