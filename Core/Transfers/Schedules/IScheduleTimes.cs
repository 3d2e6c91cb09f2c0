namespace ChunkUpload.Core.Transfers.Schedules;

/// <summary>Reads cron expressions.</summary>
public interface IScheduleTimes
{
    /// <returns>What is wrong with the expression, as a sentence; null means nothing.</returns>
    string? Fault(string cron, TimeZoneInfo zone, DateTimeOffset now);

    DateTimeOffset? NextAfter(string cron, TimeZoneInfo zone, DateTimeOffset moment);
}
