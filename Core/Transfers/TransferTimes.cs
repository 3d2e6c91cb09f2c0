namespace ChunkUpload.Core.Transfers;

/// <summary>Evaluates when and how fast a transfer may run: the timetable of its options, in its time zone.</summary>
public sealed class TransferTimes
{
    private readonly TimeZoneInfo _zone;

    private TransferTimes(BandwidthTimetable timetable, TimeZoneInfo zone) => (Timetable, _zone) = (timetable, zone);

    public BandwidthTimetable Timetable { get; }

    /// <summary>Returns the times of a transfer; null if it may always run without a limit.</summary>
    /// <param name="usual">The time zone if the options specify none.</param>
    public static TransferTimes? Of(TransferOptions options, TimeZoneInfo usual)
    {
        if (options.Bandwidth is not { } text || BandwidthTimetable.Parse(text, out _, stops: true) is not { } timetable)
            return null;
        return new TransferTimes(
            timetable, options.TimeZone is { } name && TimeZoneInfo.TryFindSystemTimeZoneById(name, out var zone) ? zone : usual);
    }

    /// <summary>Returns the bytes per second; null for no limit, and 0 if it may not run.</summary>
    public long? RateAt(DateTimeOffset now) => Timetable.At(LocalOf(now));

    /// <summary>Returns when it may run again; null if it may run now.</summary>
    public DateTimeOffset? ClosedUntil(DateTimeOffset now) =>
        RateAt(now) == 0 ? TimeOf(Timetable.NextChange(LocalOf(now), toStop: false)) : null;

    /// <summary>Returns when it must stop; null for never.</summary>
    public DateTimeOffset? OpenUntil(DateTimeOffset now) => TimeOf(Timetable.NextChange(LocalOf(now), toStop: true));

    public DateTime LocalOf(DateTimeOffset now) => TimeZoneInfo.ConvertTime(now, _zone).DateTime;

    private DateTimeOffset? TimeOf(DateTime? local)
    {
        if (local is not { } at)
            return null;
        // When daylight saving time begins, some times do not exist.
        while (_zone.IsInvalidTime(at))
            at = at.AddMinutes(30);
        return new DateTimeOffset(at, _zone.GetUtcOffset(at)).ToUniversalTime();
    }
}
