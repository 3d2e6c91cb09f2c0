using ChunkUpload.Core.Access;
using ChunkUpload.Core.Uploads;
using Microsoft.Extensions.Options;

namespace ChunkUpload.Core.Limits;

/// <summary>
/// Limits bandwidth as the limits say: of the service, the tenant, the user, the key and the upload. All of them hold at once, in this
/// process.
/// </summary>
public sealed class TransferPacer : ITransferPacer, IDisposable
{
    private readonly LimitBook _book;
    private readonly LimitsOptions _options;
    private readonly Func<DateTime> _localNow;
    private readonly BandwidthLane _receive, _send;

    public TransferPacer(LimitBook book, IOptions<LimitsOptions> options, TimeProvider time)
    {
        (_book, _options) = (book, options.Value);
        var zone = _options.Zone;
        _localNow = () => TimeZoneInfo.ConvertTime(time.GetUtcNow(), zone).DateTime;
        (_receive, _send) = (Lane(TransferDirection.Receive), Lane(TransferDirection.Send));
        book.Changed += OnChanged;
        OnChanged();

        BandwidthLane Lane(TransferDirection direction) => new(
            time, flow => Timetables(direction, book.OfTransfer(flow.Caller, flow.Upload)), _localNow);
    }

    public bool IsActive { get; private set; }

    public ITransferPace Begin(TransferDirection direction, Caller caller, UploadId upload, TransferPriority priority) =>
        LaneOf(direction).Begin(caller, upload, priority);

    public void SetPriority(UploadId upload, TransferPriority priority)
    {
        _receive.SetPriority(upload, priority);
        _send.SetPriority(upload, priority);
    }

    /// <summary>Bytes that passed under a limit in the last second; 0 if no transfer runs under it.</summary>
    public long Measured(TransferDirection direction, LimitTarget target) => LaneOf(direction).Measured(target);

    public void Dispose()
    {
        _book.Changed -= OnChanged;
        _receive.Dispose();
        _send.Dispose();
    }

    /// <param name="rows">The rows that hold for a caller; those of the service and of each upload are added.</param>
    /// <returns>The limits in force, each with its current bytes a second.</returns>
    public IEnumerable<(LimitTarget Target, BandwidthTimetable Timetable, long? Now)> InForce(
        TransferDirection direction, IEnumerable<(LimitTarget Target, LimitValues Values)> rows) =>
        Timetables(direction, rows.Concat(_book.OfService)).Select(one => (one.Target, one.Timetable, one.Timetable.At(_localNow())));

    private List<(LimitTarget Target, BandwidthTimetable Timetable)> Timetables(
        TransferDirection direction, IEnumerable<(LimitTarget Target, LimitValues Values)> rows)
    {
        var sends = direction == TransferDirection.Send;
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

    private BandwidthLane LaneOf(TransferDirection direction) => direction == TransferDirection.Send ? _send : _receive;

    private void OnChanged()
    {
        IsActive = _book.LimitsBandwidth || _options.Receive is not null || _options.Send is not null;
        _receive.Changed();
        _send.Changed();
    }
}
