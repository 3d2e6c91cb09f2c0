using ChunkUpload.Core.Access;

namespace ChunkUpload.Core.Limits;

/// <summary>
/// Shares the bandwidth of one direction. Bytes are counted after they have passed: a request continues when the debt of its flow is taken
/// from the buckets of all its limits. A timer fills the buckets and serves the waiting flows in turn, each by its weight (deficit round
/// robin). A flow whose bucket is empty is skipped, so that its part goes to the others.
/// </summary>
internal sealed class BandwidthScheduler : IDisposable
{
    private const int Quantum = 2 << 10;
    private const double LongestWait = 0.25, RefreshEvery = 0.25;

    private static readonly TimeSpan Tick = TimeSpan.FromMilliseconds(10);

    private readonly Lock _gate = new();
    private readonly TimeProvider _time;
    private readonly Func<BandwidthFlow, IEnumerable<(LimitTarget Target, BandwidthTimetable Timetable)>> _limits;
    private readonly Func<DateTime> _localNow;
    private readonly Func<LimitTarget, long, long> _part;
    private readonly ITimer _timer;
    private readonly long _startedAt;
    private readonly Dictionary<(Topic, string, string), BandwidthFlow> _flows = [];
    private readonly Dictionary<LimitTarget, BandwidthBucket> _buckets = [];

    // The flows that owe bytes. The first one is served next.
    private readonly LinkedList<BandwidthFlow> _ring = new();
    private bool _isTicking;
    private double _refreshedAt;
    private int _version = -1, _newVersion;

    /// <param name="limits">Returns the limits that apply to a flow.</param>
    /// <param name="localNow">Returns the local time to which timetables refer.</param>
    /// <param name="part">Returns the part of a limit's rate that this node has; null if it has all of it.</param>
    public BandwidthScheduler(
        TimeProvider time, Func<BandwidthFlow, IEnumerable<(LimitTarget Target, BandwidthTimetable Timetable)>> limits,
        Func<DateTime> localNow, Func<LimitTarget, long, long>? part = null)
    {
        (_time, _limits, _localNow, _part) = (time, limits, localNow, part ?? ((_, rate) => rate));
        _startedAt = time.GetTimestamp();
        _timer = time.CreateTimer(_ => Serve(), null, Timeout.InfiniteTimeSpan, Timeout.InfiniteTimeSpan);
    }

    private double Now => _time.GetElapsedTime(_startedAt).TotalSeconds;

    /// <summary>Applies changed limits; running flows follow within a quarter of a second.</summary>
    public void Changed() => Interlocked.Increment(ref _newVersion);

    public IBandwidthShare Begin(Caller caller, Topic label, BandwidthPriority priority)
    {
        lock (_gate)
        {
            var key = (label, caller.Tenant, caller.Subject);
            if (!_flows.TryGetValue(key, out var flow))
            {
                _flows[key] = flow = new BandwidthFlow(caller, label) { Weight = priority.Weight() };
                Resolve(flow, Now);
            }

            flow.Requests++;
            return new Share(this, flow);
        }
    }

    public void SetPriority(Topic label, BandwidthPriority priority)
    {
        lock (_gate)
        {
            foreach (var flow in _flows.Values.Where(one => one.Label == label))
                Rearrange(flow, () => flow.Weight = priority.Weight());
        }
    }

    /// <summary>Returns the bytes that passed under a limit in the last second; 0 if no flow runs under it.</summary>
    public long Measured(LimitTarget target)
    {
        lock (_gate)
            return _buckets.TryGetValue(target, out var bucket) ? bucket.Measured(Now) : 0;
    }

    /// <summary>Returns the limits under which bytes pass now, with the bytes of the last second and the rate.</summary>
    public IReadOnlyList<(LimitTarget Target, long Measured, long Rate)> InUse()
    {
        lock (_gate)
        {
            var now = Now;
            return [.. _buckets.Values.Where(bucket => bucket.Rate is not null)
                .Select(bucket => (bucket.Target, bucket.Measured(now), bucket.Rate!.Value))];
        }
    }

    public void Dispose()
    {
        _timer.Dispose();
        lock (_gate)
        {
            foreach (var waiter in _flows.Values.SelectMany(flow => flow.Waiters))
                waiter.Ready.TrySetResult(true);
        }
    }

    private ValueTask<bool> WaitAsync(BandwidthFlow flow)
    {
        lock (_gate)
        {
            var now = Now;
            Refresh(now);
            if (!flow.IsLimited)
                return ValueTask.FromResult(true);
            if (flow.Waiters.Count == 0 && MayPass(flow, now))
                return ValueTask.FromResult(true);
            // A flow that owes nothing waits for its turn as the others do: it pays one byte.
            if (!flow.IsWaiting)
            {
                (flow.Owed, flow.IsEntering) = (1, true);
                Enter(flow);
            }

            var waiter = new BandwidthFlow.Waiter(new(TaskCreationOptions.RunContinuationsAsynchronously), now);
            flow.Waiters.Enqueue(waiter);
            return new ValueTask<bool>(waiter.Ready.Task);
        }
    }

    private static bool MayPass(BandwidthFlow flow, double now)
    {
        if (flow.IsWaiting)
            return !flow.IsEntering && flow.Owed <= flow.Window;
        foreach (var bucket in flow.Buckets)
        {
            bucket.Refill(now);
            if (bucket.IsEmpty || (bucket.Rate is not null && bucket.Waiting > 0))
                return false;
        }

        return true;
    }

    private void Passed(BandwidthFlow flow, long bytes)
    {
        lock (_gate)
        {
            var now = Now;
            foreach (var bucket in flow.Buckets)
                bucket.Count(bytes, now);
            if (!flow.IsLimited)
                return;
            flow.Owed += bytes;
            Enter(flow);
        }
    }

    private void End(BandwidthFlow flow)
    {
        lock (_gate)
        {
            if (--flow.Requests > 0)
                return;
            _flows.Remove((flow.Label, flow.Caller.Tenant, flow.Caller.Subject));
            Leave(flow);
            // The debt of the flow stays with its limits: otherwise, small files would pass without a limit.
            foreach (var bucket in flow.Buckets)
                bucket.Take(flow.Owed);
            Use(flow, []);
        }
    }

    /// <summary>Fills the buckets, takes the debts from them in turn, and wakes the flows that may continue.</summary>
    private void Serve()
    {
        lock (_gate)
        {
            var now = Now;
            Refresh(now);
            foreach (var bucket in _buckets.Values)
                bucket.Refill(now);
            for (var passedOver = 0; passedOver < _ring.Count;)
            {
                var flow = _ring.First!.Value;
                _ring.Remove(flow.Node);
                _ring.AddLast(flow.Node);
                if (flow.Owed <= 0 || flow.IsBlocked)
                {
                    passedOver++;
                    continue;
                }

                passedOver = 0;
                var paid = Math.Min(flow.Owed, Quantum * flow.Weight);
                flow.Owed -= paid;
                flow.IsEntering &= flow.Owed > 0;
                foreach (var bucket in flow.Buckets)
                    bucket.Take(paid);
            }

            for (var node = _ring.First; node is not null;)
            {
                var flow = node.Value;
                node = node.Next;
                Wake(flow, now);
                if (flow.Owed <= 0 && flow.Waiters.Count == 0)
                    Leave(flow);
            }

            if (_ring.Count == 0 && _isTicking)
            {
                _isTicking = false;
                _timer.Change(Timeout.InfiniteTimeSpan, Timeout.InfiniteTimeSpan);
            }
        }
    }

    private static void Wake(BandwidthFlow flow, double now)
    {
        var (window, batch, ahead) = (flow.Window, flow.Batch, flow.Owed);
        while (flow.Waiters.TryPeek(out var waiter))
        {
            var ready = !flow.IsEntering && ahead <= window;
            if (!ready && now - waiter.Since < LongestWait)
                break;
            flow.Waiters.Dequeue();
            waiter.Ready.SetResult(ready);
            if (ready)
                ahead += batch;
        }
    }

    private void Enter(BandwidthFlow flow)
    {
        if (flow.IsWaiting)
            return;
        flow.IsWaiting = true;
        _ring.AddLast(flow.Node);
        foreach (var bucket in flow.Buckets)
            bucket.Waiting += flow.Weight;
        if (!_isTicking)
        {
            _isTicking = true;
            _timer.Change(Tick, Tick);
        }
    }

    private void Leave(BandwidthFlow flow)
    {
        if (!flow.IsWaiting)
            return;
        flow.IsWaiting = false;
        _ring.Remove(flow.Node);
        foreach (var bucket in flow.Buckets)
            bucket.Waiting -= flow.Weight;
    }

    private void Rearrange(BandwidthFlow flow, Action change)
    {
        var waits = flow.IsWaiting;
        Leave(flow);
        change();
        if (waits)
            Enter(flow);
    }

    // Follow the timetables and changed limits.
    private void Refresh(double now)
    {
        var version = Volatile.Read(ref _newVersion);
        if (version == _version && now - _refreshedAt < RefreshEvery)
            return;
        _refreshedAt = now;
        // The limit had a debt when its last flow ended.
        foreach (var (target, idle) in _buckets.Where(pair => pair.Value.Flows == 0).ToList())
        {
            idle.Refill(now);
            if (!idle.IsEmpty)
                _buckets.Remove(target);
        }

        var changed = false;
        var local = _localNow();
        if (version == _version)
        {
            foreach (var bucket in _buckets.Values)
                changed |= bucket.Set(bucket.Timetable, local, now);
        }
        else
        {
            _version = version;
            changed = true;
            foreach (var flow in _flows.Values)
                Rearrange(flow, () => Resolve(flow, now));
            foreach (var target in _buckets.Where(pair => pair.Value.Flows == 0).Select(pair => pair.Key).ToList())
                _buckets.Remove(target);
        }

        if (!changed)
            return;
        foreach (var flow in _flows.Values)
            Settle(flow, now);
    }

    // Bytes that passed under an earlier rate do not block the flow for longer than a second.
    private void Settle(BandwidthFlow flow, double now)
    {
        if (flow.IsLimited)
        {
            foreach (var bucket in flow.Buckets)
                flow.Owed = Math.Min(flow.Owed, bucket.Rate ?? double.MaxValue);
            return;
        }

        (flow.Owed, flow.IsEntering) = (0, false);
        Wake(flow, now);
        Leave(flow);
    }

    private void Resolve(BandwidthFlow flow, double now)
    {
        var local = _localNow();
        var buckets = new List<BandwidthBucket>();
        foreach (var (target, timetable) in _limits(flow))
        {
            if (!_buckets.TryGetValue(target, out var bucket))
                _buckets[target] = bucket = new BandwidthBucket(target, _part);
            bucket.Set(timetable, local, now);
            buckets.Add(bucket);
        }

        Use(flow, buckets);
    }

    private void Use(BandwidthFlow flow, IReadOnlyList<BandwidthBucket> buckets)
    {
        foreach (var bucket in buckets)
            bucket.Flows++;
        foreach (var bucket in flow.Buckets)
        {
            if (--bucket.Flows == 0 && !bucket.IsEmpty)
                _buckets.Remove(bucket.Target);
        }

        flow.Buckets = buckets;
    }

    private sealed class Share(BandwidthScheduler scheduler, BandwidthFlow flow) : IBandwidthShare
    {
        private bool _ended;

        public int Batch
        {
            get
            {
                lock (scheduler._gate)
                    return flow.Batch;
            }
        }

        public ValueTask<bool> WaitAsync() => scheduler.WaitAsync(flow);

        public void Passed(long bytes) => scheduler.Passed(flow, bytes);

        public void Dispose()
        {
            if (_ended)
                return;
            _ended = true;
            scheduler.End(flow);
        }
    }
}
