namespace ChunkUpload.Core.Transfers;

/// <summary>When a transfer may run and how fast: the timetable of its options, in its time zone.</summary>
public sealed class TransferTimes
{
    private readonly TimeZoneInfo _zone;

    private TransferTimes(BandwidthTimetable timetable, TimeZoneInfo zone) => (Timetable, _zone) = (timetable, zone);

    public BandwidthTimetable Timetable { get; }

    /// <summary>Null means always, and without a limit.</summary>
    /// <param name="usual">The zone where the options name none.</param>
    public static TransferTimes? Of(TransferOptions options, TimeZoneInfo usual)
    {
        if (options.Bandwidth is not { } text || BandwidthTimetable.Parse(text, out _, stops: true) is not { } timetable)
            return null;
        return new TransferTimes(
            timetable, options.TimeZone is { } name && TimeZoneInfo.TryFindSystemTimeZoneById(name, out var zone) ? zone : usual);
    }

    /// <summary>Bytes a second; null means no limit; 0: it may not run.</summary>
    public long? RateAt(DateTimeOffset now) => Timetable.At(LocalOf(now));

    /// <summary>When it may run again; null means it may run now.</summary>
    public DateTimeOffset? ClosedUntil(DateTimeOffset now) =>
        RateAt(now) == 0 ? TimeOf(Timetable.NextChange(LocalOf(now), toStop: false)) : null;

    /// <summary>When it has to stop; null means never.</summary>
    public DateTimeOffset? OpenUntil(DateTimeOffset now) => TimeOf(Timetable.NextChange(LocalOf(now), toStop: true));

    public DateTime LocalOf(DateTimeOffset now) => TimeZoneInfo.ConvertTime(now, _zone).DateTime;

    private DateTimeOffset? TimeOf(DateTime? local)
    {
        if (local is not { } at)
            return null;
        // In the night in which the clocks go forward some times are missing.
        while (_zone.IsInvalidTime(at))
            at = at.AddMinutes(30);
        return new DateTimeOffset(at, _zone.GetUtcOffset(at)).ToUniversalTime();
    }
}
