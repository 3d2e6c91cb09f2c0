using ChunkUpload.Core.Access;
using ChunkUpload.Core.Limits;
using Microsoft.Extensions.Options;

namespace ChunkUpload.Core.Transfers.Running;

/// <summary>
/// Limits the bandwidth of transfers: by the transfer's own timetable, and, if both ends are external, by the limits of its owner and of
/// the service in both directions. These already apply to the service's own files.
/// </summary>
public sealed class TransferPace
{
    private readonly IBandwidthLimiter _limiter;
    private readonly LimitsOptions _limits;
    private readonly SharedUsage _usage;
    private readonly TimeProvider _time;
    private readonly Lock _lock = new();
    private readonly Dictionary<Guid, Own> _own = [];

    public TransferPace(IBandwidthLimiter limiter, IOptions<LimitsOptions> limits, SharedUsage usage, TimeProvider time)
    {
        (_limiter, _limits, _usage, _time) = (limiter, limits.Value, usage, time);
        usage.Add(Used);
    }

    /// <summary>The zone of timetables that name none.</summary>
    public TimeZoneInfo UsualZone => _limits.Zone;

    public TransferTimes? TimesOf(Transfer transfer) => TransferTimes.Of(transfer.Options, UsualZone);

    /// <summary>Adds a file that shares the transfer's bandwidth, until the result is disposed.</summary>
    internal PacedFile Begin(Transfer transfer, Caller owner) => new(this, transfer, owner);

    private static string KeyOf(LimitTarget target) => SharedUsage.KeyOf("transfers", target);

    private List<KeyValuePair<string, long>> Used()
    {
        lock (_lock)
        {
            return [.. _own.Values.SelectMany(own => own.Scheduler.InUse())
                .Select(one => KeyValuePair.Create(KeyOf(one.Target), SharedUsage.Told(one.Measured, one.Rate)))];
        }
    }

    private Own Use(Transfer transfer, TransferTimes times)
    {
        lock (_lock)
        {
            if (!_own.TryGetValue(transfer.Id, out var own))
            {
                var target = new LimitTarget(LimitScope.Upload, transfer.Tenant, transfer.Id.ToString("n"));
                _own[transfer.Id] = own = new Own(times);
                var made = own;
                own.Scheduler = new BandwidthScheduler(
                    _time, _ => [(target, made.Times.Timetable)], () => made.Times.LocalOf(_time.GetUtcNow()),
                    (of, rate) => _usage.IsShared ? _usage.PartOf(KeyOf(of), rate) : rate);
            }

            own.Files++;
            // The timetable may have changed since other files of the transfer started.
            if (!own.Times.Timetable.Equals(times.Timetable))
            {
                own.Times = times;
                own.Scheduler.Changed();
            }

            return own;
        }
    }

    private void Leave(Guid transfer, Own own)
    {
        lock (_lock)
        {
            if (--own.Files > 0)
                return;
            _own.Remove(transfer);
            own.Scheduler.Dispose();
        }
    }

    private sealed class Own(TransferTimes times)
    {
        public TransferTimes Times { get; set; } = times;

        public BandwidthScheduler Scheduler { get; set; } = null!;

        public int Files { get; set; }
    }

    /// <summary>A file that is being copied.</summary>
    internal sealed class PacedFile : IDisposable
    {
        private readonly TransferPace _pace;
        private readonly Transfer _transfer;
        private readonly Caller _owner;
        private readonly Own? _ofTransfer;
        private readonly IBandwidthShare? _share;
        private List<IBandwidthShare>? _ofOwner;

        public PacedFile(TransferPace pace, Transfer transfer, Caller owner)
        {
            (_pace, _transfer, _owner) = (pace, transfer, owner);
            if (pace.TimesOf(transfer) is not { } times)
                return;
            _ofTransfer = pace.Use(transfer, times);
            _share = _ofTransfer.Scheduler.Begin(owner, Label, transfer.Priority);
        }

        private Topic Label => TransferTopicRights.TopicOf(_transfer.Id);

        /// <summary>Waits until the next bytes may be read.</summary>
        /// <param name="waiting">Called while it waits, because waiting counts as progress.</param>
        public async ValueTask PassAsync(int bytes, Action waiting)
        {
            if (_share is not null)
                await PassAsync(_share, bytes, waiting);
            if (_ofOwner is null && _transfer is { Source: not null, Destination: not null } && _pace._limiter.IsActive)
            {
                _ofOwner = [.. new[] { FlowDirection.Receive, FlowDirection.Send }
                    .Select(direction => _pace._limiter.Begin(new Flow(direction, _owner, Label, _transfer.Priority)))];
            }

            foreach (var share in _ofOwner ?? [])
                await PassAsync(share, bytes, waiting);
        }

        public void Dispose()
        {
            foreach (var share in _ofOwner ?? [])
                share.Dispose();
            _share?.Dispose();
            if (_ofTransfer is not null)
                _pace.Leave(_transfer.Id, _ofTransfer);
        }

        private static async ValueTask PassAsync(IBandwidthShare share, int bytes, Action waiting)
        {
            share.Passed(bytes);
            while (!await share.WaitAsync())
                waiting();
        }
    }

}
