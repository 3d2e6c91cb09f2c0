using ChunkUpload.Core.Access;
using ChunkUpload.Core.Hosting;
using Microsoft.Extensions.Logging;

namespace ChunkUpload.Core.Limits;

/// <summary>
/// Counts the file bytes that are received and sent in a day (UTC), and enforces the limits on them. A request reserves the bytes that it
/// announces, so that concurrent requests do not exceed a limit together. The counts are added to the ledger every second; a killed process
/// loses at most that second. If there are other nodes, their counts are read every second, and this node reports what it has reserved.
/// </summary>
public sealed class DayBook : PeriodicStep
{
    // The rows of a transaction that began earlier may become visible later.
    private static readonly TimeSpan Margin = TimeSpan.FromSeconds(10);

    private readonly LimitBook _limits;
    private readonly IDayLedger _ledger;
    private readonly SharedUsage _usage;
    private readonly Lock _gate = new();
    private readonly Dictionary<(string Tenant, string Subject), DayCount> _counts = [];
    private readonly List<DayUsage> _earlier = [];
    private DateOnly _day;

    // The batch that was sent to the ledger, which has not confirmed it yet.
    private DayBatch? _batch;

    // The counts of other nodes up to this time are included; null before the start.
    private DateTimeOffset? _readUntil;

    public DayBook(LimitBook limits, IDayLedger ledger, SharedUsage usage, TimeProvider time, ILogger<DayBook> log)
        : base(TimeSpan.FromSeconds(1), time, log)
    {
        (_limits, _ledger, _usage) = (limits, ledger, usage);
        usage.Add(Reserved);
    }

    public override int Order => StartOrder.Access;

    public override string Name => "daily bytes";

    private DateOnly Today => DateOnly.FromDateTime(Time.GetUtcNow().UtcDateTime);

    public override async Task StartAsync(CancellationToken cancellationToken)
    {
        _day = Today;
        Stored(await _ledger.OfDayAsync(_day, null, cancellationToken));
        await base.StartAsync(cancellationToken);
    }

    public override async Task StopAsync(CancellationToken cancellationToken)
    {
        await base.StopAsync(cancellationToken);
        await SaveAsync();
    }

    protected override async Task TickAsync(CancellationToken cancellationToken)
    {
        await SaveAsync();
        if (_usage.IsShared)
            await ReadAsync(cancellationToken);
    }

    /// <summary>Reserves bytes for a request. Dispose of the result at its end.</summary>
    /// <param name="bytes">The bytes that the request announces; 1 if it announces nothing.</param>
    /// <param name="excess">The limit that has no room; if it is set, nothing is reserved.</param>
    public DayShare Begin(Caller caller, FlowDirection direction, long bytes, out QuotaExcess? excess)
    {
        excess = null;
        lock (_gate)
        {
            BeginDay();
            foreach (var (target, limit, used) in Counting(caller, direction))
            {
                if (bytes > limit - used)
                    excess ??= new QuotaExcess(target.Scope.Word(), NameOf(direction), limit, used);
            }

            var share = new DayShare(this, [.. Counted(caller).Select(one => Of(caller.Tenant, one))], direction, caller);
            if (excess is null)
                share.Reserve(bytes);
            return share;
        }
    }

    /// <summary>Returns the bytes of today, including those that running requests have reserved.</summary>
    public long Used(LimitTarget target, FlowDirection direction)
    {
        lock (_gate)
        {
            BeginDay();
            return UsedNow(direction, target.Tenant, target.Id);
        }
    }

    public static string NameOf(FlowDirection direction) =>
        direction == FlowDirection.Send ? "sentPerDay" : "receivedPerDay";

    internal bool Pass(DayShare share, long bytes)
    {
        lock (_gate)
        {
            BeginDay();
            return share.Count(bytes) || _limits.IsEmpty || !Counting(share.Caller, share.Direction).Any(one => one.Used > one.Limit);
        }
    }

    internal void End(DayShare share)
    {
        lock (_gate)
            share.Release();
    }

    /// <summary>Reads the bytes that other nodes have added.</summary>
    internal async Task ReadAsync(CancellationToken cancellationToken)
    {
        // The answer includes everything that is saved, so no batch may be on its way.
        if (_batch is not null)
            return;
        var sums = await _ledger.OfDayAsync(_day, _readUntil - Margin, cancellationToken);
        Stored(sums);
        _readUntil = sums.Select(sum => (DateTimeOffset?)sum.ChangedAt).Append(_readUntil).Max();
    }

    /// <summary>Adds the bytes that were counted since the last call to the ledger.</summary>
    internal async Task SaveAsync()
    {
        try
        {
            // The answer to an earlier batch was lost, or the batch never arrived. Sent again, it counts once in either case (E10).
            if (_batch is not null)
                await AddAsync(_batch);
            _batch = Take();
            if (_batch is not null)
                await AddAsync(_batch);
        }
        catch (Exception reason)
        {
            DayBookLog.Failed(Log, reason.Message);
        }
    }

    private async Task AddAsync(DayBatch batch)
    {
        // A stop of the service does not cancel this: the last second would be lost.
        Stored(await _ledger.AddAsync(batch, CancellationToken.None));
        _batch = null;
    }

    // Bytes that come through a link count for the user who made it.
    private static string SubjectOf(Caller caller) => (caller.Grant?.Maker ?? caller).Subject;

    // The bytes count for the tenant, the subject and, in a browser, its sign-in. Those of a user's key count for the user.
    private static IEnumerable<string> Counted(Caller caller)
    {
        yield return "";
        yield return SubjectOf(caller);
        if (caller is { Grant: null, Credential: { Kind: CredentialKind.Session, Id: { } id } })
            yield return LimitTarget.OfSession(caller.Tenant, id).Id;
    }

    private IEnumerable<(LimitTarget Target, long Limit, long Used)> Counting(Caller caller, FlowDirection direction)
    {
        foreach (var (target, values) in _limits.Of(caller))
        {
            if (Limit(values, direction) is { } limit && Counted(caller).Contains(target.Id))
                yield return (target, limit, UsedNow(direction, target.Tenant, target.Id));
        }
    }

    private static long? Limit(LimitValues values, FlowDirection direction) =>
        direction == FlowDirection.Send ? values.SentPerDay : values.ReceivedPerDay;

    // The caller holds the lock.
    private long UsedNow(FlowDirection direction, string tenant, string subject) =>
        (_counts.TryGetValue((tenant, subject), out var count) ? count.Used(direction) : 0)
        + (_usage.IsShared ? _usage.OfOthers(KeyOf(direction, tenant, subject)) : 0);

    private static string KeyOf(FlowDirection direction, string tenant, string subject) =>
        SharedUsage.KeyOf(NameOf(direction), tenant, subject);

    private List<KeyValuePair<string, long>> Reserved()
    {
        lock (_gate)
        {
            return [.. _counts.SelectMany(pair => new[] { FlowDirection.Receive, FlowDirection.Send }.Select(direction =>
                    KeyValuePair.Create(KeyOf(direction, pair.Key.Tenant, pair.Key.Subject), pair.Value.Reserved(direction))))
                .Where(one => one.Value > 0)];
        }
    }

    private DayCount Of(string tenant, string subject) =>
        _counts.TryGetValue((tenant, subject), out var count) ? count : _counts[(tenant, subject)] = new DayCount();

    // Bytes that were counted before midnight are saved for their day, and the count starts again.
    private void BeginDay()
    {
        if (Today is var today && today == _day)
            return;
        _earlier.AddRange(Changes());
        _day = today;
        foreach (var (key, count) in _counts.ToList())
        {
            if (count.Requests > 0)
                count.Clear();
            else
                _counts.Remove(key);
        }
    }

    private DayBatch? Take()
    {
        lock (_gate)
        {
            BeginDay();
            List<DayUsage> changes = [.. _earlier, .. Changes()];
            _earlier.Clear();
            foreach (var count in _counts.Values)
                count.Saving();
            return changes.Count == 0 ? null : new DayBatch(Guid.NewGuid(), changes);
        }
    }

    private IEnumerable<DayUsage> Changes() => _counts
        .Where(pair => pair.Value.Received + pair.Value.Sent > 0)
        .Select(pair => new DayUsage(_day, pair.Key.Tenant, pair.Key.Subject, pair.Value.Received, pair.Value.Sent));

    private void Stored(IEnumerable<DayUsage> sums)
    {
        lock (_gate)
        {
            foreach (var sum in sums)
            {
                if (sum.Day == _day)
                    Of(sum.Tenant, sum.Subject).Stored(sum);
            }
        }
    }
}

internal static partial class DayBookLog
{
    [LoggerMessage(7502, LogLevel.Warning, "The bytes of the day could not be saved, and are saved again in a second: {Reason}")]
    public static partial void Failed(ILogger log, string reason);
}
