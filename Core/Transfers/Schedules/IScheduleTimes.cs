namespace ChunkUpload.Core.Transfers.Schedules;

/// <summary>Reads cron expressions.</summary>
public interface IScheduleTimes
{
    /// <returns>A sentence that says what is wrong with the expression; null if it is valid.</returns>
    string? Fault(string cron, TimeZoneInfo zone, DateTimeOffset now);

    DateTimeOffset? NextAfter(string cron, TimeZoneInfo zone, DateTimeOffset moment);
}
