namespace ChunkUpload.Core.Jobs;

/// <summary>The faults that the schedule of a job can have.</summary>
public static class ScheduleFaults
{
    public const string NotCron =
        "is not a cron expression (seconds minutes hours day-of-month month day-of-week)";

    public const string NumberedWeekdays =
        "counts weekdays, which schedulers do from different days: name them, as in MON-FRI or SUN,WED";

    public const string BothDays =
        "names days of the month and weekdays, which schedulers combine differently: put ? for one of them";

    public const string LateWeekday =
        "asks for the weekday nearest to a day that not every month has: use LW, the last weekday of the month";

    public const string Never = "never fires";

    public static string Sentence(string job, string schedule, string fault) =>
        $"The schedule of {job} in Schedules is \"{schedule}\", which {fault}; once an hour is \"0 7 * * * ?\".";
}
