using ChunkUpload.Wire;

namespace ChunkUpload.Agent;

/// <summary>Whether an entry may run now, and if not, why and until when.</summary>
/// <param name="Reason">The reason why not; null if it may.</param>
/// <param name="Until">When to look again; null means when something changes.</param>
/// <param name="IsOver">It has missed its deadline.</param>
internal sealed record Verdict(string? Reason, DateTimeOffset? Until, bool IsOver = false);

/// <summary>The rules of time, network and bandwidth.</summary>
internal static class Schedule
{
    /// <param name="entry">An entry that waits or runs.</param>
    /// <param name="settings">Those of the queue.</param>
    /// <param name="now">The time.</param>
    /// <param name="zone">That of hours and timetables.</param>
    /// <param name="isMetered">Whether the network is paid by the byte; null if unknown.</param>
    public static Verdict Of(QueueEntry entry, QueueSettings settings, DateTimeOffset now, TimeZoneInfo zone, bool? isMetered)
    {
        var plan = entry.Plan;
        var deadline = plan.Deadline;
        if (deadline <= now)
            return new Verdict("its deadline is over", null, IsOver: true);
        if (settings.IsPaused)
            return Waits("the queue is paused", null);
        if (entry.NotBefore > now)
            return Waits("its time has not come", entry.NotBefore);
        if (entry.RetryAt > now)
            return Waits(entry.Fault?.Message ?? "it failed", entry.RetryAt);
        var local = TimeZoneInfo.ConvertTime(now, zone).DateTime;
        var change = deadline;
        if (plan.Between is { } between)
        {
            var hours = Hours.Parse(between, out _)!;
            var next = LocalTimes.Of(hours.NextChange(local), zone);
            if (!hours.Contains(local))
                return Waits($"it runs between {between}", next);
            change = Earlier(change, next);
        }

        foreach (var text in (string?[])[settings.Bandwidth, plan.Bandwidth])
        {
            if (text is null || BandwidthTimetable.Parse(text, out _, stops: true) is not { } timetable)
                continue;
            var stops = timetable.At(local) == 0;
            var next = timetable.NextChange(local, toStop: !stops) is { } at ? LocalTimes.Of(at, zone) : (DateTimeOffset?)null;
            if (stops)
                return Waits($"the timetable of bandwidths stops now ({text})", next);
            change = Earlier(change, next);
        }

        return plan.NotMetered && isMetered == true
            ? Waits("the network is metered", null)
            : new Verdict(null, change);

        // At the deadline it is given up, whatever it waits for.
        Verdict Waits(string reason, DateTimeOffset? until) => new(reason, Earlier(until, deadline));
    }

    public static DateTimeOffset? Earlier(DateTimeOffset? one, DateTimeOffset? other) =>
        one is null ? other : other is null || one < other ? one : other;
}
