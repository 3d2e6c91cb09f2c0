namespace ChunkUpload.Infrastructure.Connectors;

/// <summary>
/// Limits the requests, or units of cost, in a sliding window of time. Most of them may be sent in a burst; the last fifth is spread over
/// the time until the first ones expire, so that a long transfer slows down but does not stop. Callers hold a lock.
/// </summary>
/// <param name="key">By which other nodes hear of it.</param>
/// <param name="limit">The part of the limit that this node has now.</param>
internal sealed class RequestBudget(string key, Func<long> limit, TimeSpan window)
{
    /// <summary>Requests that are this close together are stored as one.</summary>
    private readonly TimeSpan _grain = window / 100;

    private readonly LinkedList<Spent> _spent = new();
    private long _used;
    private DateTimeOffset _next;

    public string Key => key;

    public long Limit => limit();

    /// <summary>What counts now.</summary>
    public long Used(DateTimeOffset now)
    {
        Forget(now);
        return _used;
    }

    /// <summary>The time to wait before something of this cost may go out.</summary>
    public TimeSpan WaitFor(int cost, DateTimeOffset now)
    {
        Forget(now);
        // What alone is more than the limit goes out when nothing else counts.
        var most = limit();
        var missing = Math.Min(cost, most) - (most - _used);
        if (missing > 0)
        {
            var spent = _spent.First!;
            for (; missing > spent.Value.Cost && spent.Next is { } next; spent = next)
                missing -= spent.Value.Cost;
            return spent.Value.Last + window - now;
        }

        return IsNearlyUsed(most) && _next > now ? _next - now : TimeSpan.Zero;
    }

    /// <param name="at">When the request is sent.</param>
    public void Take(int cost, DateTimeOffset at)
    {
        var first = _spent.First?.Value.Last ?? at;
        var most = limit();
        var left = Math.Max(1, most - _used);
        if (_spent.Last is { } last && at - last.Value.First < _grain)
        {
            last.Value.Cost += cost;
            last.Value.Last = at > last.Value.Last ? at : last.Value.Last;
        }
        else
        {
            _spent.AddLast(new Spent(at) { Cost = cost, Last = at });
        }

        _used += cost;
        if (IsNearlyUsed(most))
            _next = at + ((first + window - at) * Math.Min(1, cost / (double)left));
    }

    private void Forget(DateTimeOffset now)
    {
        while (_spent.First is { } first && first.Value.Last + window <= now)
        {
            _used -= first.Value.Cost;
            _spent.RemoveFirst();
        }
    }

    private bool IsNearlyUsed(long most) => (most - _used) * 5 < most;

    private sealed class Spent(DateTimeOffset first)
    {
        public DateTimeOffset First { get; } = first;

        public DateTimeOffset Last { get; set; }

        public long Cost { get; set; }
    }
}
