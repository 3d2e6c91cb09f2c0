using Microsoft.Extensions.Options;

namespace ChunkUpload.Core.Limits;

/// <summary>
/// Limits bandwidth by the limits of the service, the tenant, the user, the key and the upload. All of them apply at once, and to all
/// nodes together (<see cref="SharedUsage"/>). A <see cref="BandwidthScheduler"/> for each direction divides the part of this node.
/// </summary>
public sealed class BandwidthLimiter : IBandwidthLimiter, IDisposable
{
    private readonly LimitBook _book;
    private readonly LimitsOptions _options;
    private readonly SharedUsage _usage;
    private readonly Func<DateTime> _localNow;
    private readonly BandwidthScheduler _receive, _send;

    public BandwidthLimiter(LimitBook book, IOptions<LimitsOptions> options, SharedUsage usage, TimeProvider time)
    {
        (_book, _options, _usage) = (book, options.Value, usage);
        var zone = _options.Zone;
        _localNow = () => TimeZoneInfo.ConvertTime(time.GetUtcNow(), zone).DateTime;
        (_receive, _send) = (Scheduler(FlowDirection.Receive), Scheduler(FlowDirection.Send));
        book.Changed += OnChanged;
        usage.Add(Used);
        OnChanged();

        BandwidthScheduler Scheduler(FlowDirection direction) => new(
            time, flow => Timetables(direction, book.OfFlow(flow.Caller, flow.Label)), _localNow,
            (target, rate) => usage.IsShared ? usage.PartOf(KeyOf(direction, target), rate) : rate);
    }

    public bool IsActive { get; private set; }

    public IBandwidthShare Begin(Flow flow) => SchedulerOf(flow.Direction).Begin(flow.Caller, flow.Label, flow.Priority);

    public void SetPriority(Topic label, BandwidthPriority priority)
    {
        _receive.SetPriority(label, priority);
        _send.SetPriority(label, priority);
    }

    /// <summary>Returns the bytes that passed under a limit in the last second, at all nodes; 0 if no flow runs under it.</summary>
    public long Measured(FlowDirection direction, LimitTarget target) =>
        SchedulerOf(direction).Measured(target) + (_usage.IsShared ? _usage.OfOthers(KeyOf(direction, target)) : 0);

    public void Dispose()
    {
        _book.Changed -= OnChanged;
        _receive.Dispose();
        _send.Dispose();
    }

    /// <param name="rows">The rows that apply to a caller; those of the service and of each upload are added.</param>
    /// <returns>The limits in force, each with its current bytes per second.</returns>
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

    private static string KeyOf(FlowDirection direction, LimitTarget target) =>
        SharedUsage.KeyOf(direction == FlowDirection.Send ? "sends" : "receives", target);

    private IEnumerable<KeyValuePair<string, long>> Used() =>
        new[] { FlowDirection.Receive, FlowDirection.Send }.SelectMany(direction => SchedulerOf(direction).InUse()
            .Select(one => KeyValuePair.Create(KeyOf(direction, one.Target), SharedUsage.Told(one.Measured, one.Rate))));

    private BandwidthScheduler SchedulerOf(FlowDirection direction) => direction == FlowDirection.Send ? _send : _receive;

    private void OnChanged()
    {
        IsActive = _book.LimitsBandwidth || _options.Receive is not null || _options.Send is not null;
        _receive.Changed();
        _send.Changed();
    }
}
