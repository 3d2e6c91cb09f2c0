using System.Globalization;
using ChunkUpload.Core.Transfers;

namespace ChunkUpload.Core.Sync;

/// <summary>When pairs look: after an interval or at the times of a cron expression, and never while their timetable says stop.</summary>
public sealed class SyncTimes(IScheduleTimes times, TransferPace pace, TimeProvider time)
{
    /// <returns>What is wrong with a cron expression, as a sentence; <c>null</c>: nothing.</returns>
    public string? Fault(string cron, TransferOptions options) => times.Fault(cron, ZoneOf(options), time.GetUtcNow());

    /// <summary>How long a pair rests that has nothing to do.</summary>
    public TimeSpan RestOf(SyncPair pair)
    {
        if (pair.Cron is not { } cron)
            return pair.Interval;
        var now = time.GetUtcNow();
        return times.NextAfter(cron, ZoneOf(pair.Options), now) is { } next ? next - now : pair.Interval;
    }

    /// <summary>How long the timetable of a pair lets nothing happen, with a sentence; <c>null</c> if it may work now.</summary>
    public (TimeSpan Pause, string Reason)? ClosedFor(SyncPair pair)
    {
        var now = time.GetUtcNow();
        if (TransferTimes.Of(pair.Options, pace.UsualZone) is not { } table || table.ClosedUntil(now) is not { } until)
            return null;
        var local = table.LocalOf(until).ToString("HH:mm", CultureInfo.InvariantCulture);
        return (until - now, $"Its timetable lets nothing move until {local}.");
    }

    private TimeZoneInfo ZoneOf(TransferOptions options) =>
        options.TimeZone is { } name && TimeZoneInfo.TryFindSystemTimeZoneById(name, out var zone) ? zone : pace.UsualZone;
}
