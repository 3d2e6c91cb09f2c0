using System.Globalization;
using ChunkUpload.Core.Transfers;

namespace ChunkUpload.Core.Sync;

/// <summary>
/// Determines when pairs are scanned: after an interval or at the times of a cron expression, and never while their timetable says stop.
/// </summary>
public sealed class SyncTimes(IScheduleTimes times, TransferPace pace, TimeProvider time)
{
    /// <returns>A sentence that says what is wrong with a cron expression; <c>null</c> if it is valid.</returns>
    public string? Fault(string cron, TransferOptions options) => times.Fault(cron, ZoneOf(options), time.GetUtcNow());

    /// <summary>Returns the time until the next scan of a pair that has nothing to do.</summary>
    public TimeSpan RestOf(SyncPair pair)
    {
        if (pair.Cron is not { } cron)
            return pair.Interval;
        var now = time.GetUtcNow();
        return times.NextAfter(cron, ZoneOf(pair.Options), now) is { } next ? next - now : pair.Interval;
    }

    /// <summary>Returns how long the timetable of a pair forbids work, with a sentence; <c>null</c> if it may work now.</summary>
    public (TimeSpan Pause, string Reason)? ClosedFor(SyncPair pair)
    {
        var now = time.GetUtcNow();
        if (TransferTimes.Of(pair.Options, pace.UsualZone) is not { } table || table.ClosedUntil(now) is not { } until)
            return null;
        var local = table.LocalOf(until).ToString("HH:mm", CultureInfo.InvariantCulture);
        return (until - now, $"Its timetable allows no copies until {local}.");
    }

    private TimeZoneInfo ZoneOf(TransferOptions options) =>
        options.TimeZone is { } name && TimeZoneInfo.TryFindSystemTimeZoneById(name, out var zone) ? zone : pace.UsualZone;
}
