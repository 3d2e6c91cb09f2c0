using Microsoft.Extensions.Options;

namespace ChunkUpload.Core.Limits;

/// <summary>
/// Limits bandwidth by the limits of the service, the tenant, the user, the key and the upload. All of them hold at once, in this process.
/// A <see cref="BandwidthScheduler"/> for each direction shares it out.
/// </summary>
public sealed class BandwidthLimiter : IBandwidthLimiter, IDisposable
{
    private readonly LimitBook _book;
    private readonly LimitsOptions _options;
    private readonly Func<DateTime> _localNow;
    private readonly BandwidthScheduler _receive, _send;

    public BandwidthLimiter(LimitBook book, IOptions<LimitsOptions> options, TimeProvider time)
    {
        (_book, _options) = (book, options.Value);
        var zone = _options.Zone;
        _localNow = () => TimeZoneInfo.ConvertTime(time.GetUtcNow(), zone).DateTime;
        (_receive, _send) = (Scheduler(FlowDirection.Receive), Scheduler(FlowDirection.Send));
        book.Changed += OnChanged;
        OnChanged();

        BandwidthScheduler Scheduler(FlowDirection direction) => new(
            time, flow => Timetables(direction, book.OfFlow(flow.Caller, flow.Label)), _localNow);
    }

    public bool IsActive { get; private set; }

    public IBandwidthShare Begin(Flow flow) => SchedulerOf(flow.Direction).Begin(flow.Caller, flow.Label, flow.Priority);

    public void SetPriority(Topic label, BandwidthPriority priority)
    {
        _receive.SetPriority(label, priority);
        _send.SetPriority(label, priority);
    }

    /// <summary>Bytes that passed under a limit in the last second; 0 if no flow runs under it.</summary>
    public long Measured(FlowDirection direction, LimitTarget target) => SchedulerOf(direction).Measured(target);

    public void Dispose()
    {
        _book.Changed -= OnChanged;
        _receive.Dispose();
        _send.Dispose();
    }

    /// <param name="rows">The rows that hold for a caller; those of the service and of each upload are added.</param>
    /// <returns>The limits in force, each with its current bytes a second.</returns>
    public IEnumerable<(LimitTarget Target, BandwidthTimetable Timetable, long? Now)> InForce(
        FlowDirection direction, IEnumerable<(LimitTarget Target, LimitValues Values)> rows) =>
        Timetables(direction, rows.Concat(_book.OfService)).Select(one => (one.Target, one.Timetable, one.Timetable.At(_localNow())));

    private List<(LimitTarget Target, BandwidthTimetable Timetable)> Timetables(
        FlowDirection direction, IEnumerable<(LimitTarget Target, LimitValues Values)> rows)
    {
        var sends = direction == FlowDirection.Send;
        var found = new List<(LimitTarget Target, BandwidthTimetable Timetable)>();
        foreach (var (target, values) in rows)
        {
            if ((sends ? values.SendBandwidth : values.ReceiveBandwidth) is { } timetable)
                found.Add((target, timetable));
        }

        if ((sends ? _options.Send : _options.Receive) is { } ofService && !found.Exists(one => one.Target == LimitTarget.Service))
            found.Add((LimitTarget.Service, ofService));
        return found;
    }

    private BandwidthScheduler SchedulerOf(FlowDirection direction) => direction == FlowDirection.Send ? _send : _receive;

    private void OnChanged()
    {
        IsActive = _book.LimitsBandwidth || _options.Receive is not null || _options.Send is not null;
        _receive.Changed();
        _send.Changed();
    }
}
