using System.Collections.Concurrent;
using ChunkUpload.Core.Limits;

namespace ChunkUpload.Api.Access;

/// <summary>
/// The token buckets and counters of every tenant, user, key and address that has a limit. They hold for all nodes together: what other
/// nodes have let pass in the last minute counts here, too, and so do requests that run there. A changed limit begins with a full bucket.
/// </summary>
internal sealed class RateBook
{
    /// <summary>Above this number, buckets and counters that limit no caller at the moment are dropped.</summary>
    private const int Most = 10_000;

    private static readonly TimeSpan Minute = TimeSpan.FromMinutes(1);

    // Others hear of a request after a second; one that has ended by then would only be refused too early there.
    private static readonly TimeSpan Lasting = TimeSpan.FromSeconds(1);

    private readonly SharedUsage _usage;
    private readonly TimeProvider _time;
    private readonly ConcurrentDictionary<Key, Bucket> _buckets = new();
    private readonly ConcurrentDictionary<Key, Places> _places = new();

    public RateBook(SharedUsage usage, TimeProvider time)
    {
        (_usage, _time) = (usage, time);
        usage.Add(Used);
    }

    /// <summary>Takes one token and returns null, or returns how long to wait for the next token.</summary>
    public TimeSpan? TryTake(LimitTarget target, string name, long perMinute)
    {
        var bucket = Of(_buckets, new Key(target, name, perMinute), key => new Bucket(key, _time));
        return bucket.TryTake(OfOthers(bucket.Shared));
    }

    /// <summary>Takes a place until the result is disposed of. Null if none is free.</summary>
    public IDisposable? TryEnter(LimitTarget target, string name, long most)
    {
        var places = Of(_places, new Key(target, name, most), key => new Places(key, _time));
        return places.TryEnter(OfOthers(places.Shared));
    }

    /// <summary>Returns how much of a limit is currently used; null if no caller has used it yet.</summary>
    /// <param name="name">The name in the JSON.</param>
    public long? Used(LimitTarget target, string name)
    {
        var others = OfOthers(SharedKey(target, name));
        if (Find(_buckets, target, name) is { } bucket)
            return bucket.Used(others);
        var here = Find(_places, target, name)?.Count;
        return here is null && others == 0 ? null : (here ?? 0) + others;
    }

    private static string SharedKey(LimitTarget target, string name) => SharedUsage.KeyOf(name, target);

    private static T? Find<T>(ConcurrentDictionary<Key, T> all, LimitTarget target, string name)
        where T : class =>
        all.FirstOrDefault(pair => pair.Key.Target == target && pair.Key.Name == name).Value;

    private long OfOthers(string key) => _usage.IsShared ? _usage.OfOthers(key) : 0;

    private IEnumerable<KeyValuePair<string, long>> Used() =>
        _buckets.Values.Select(bucket => KeyValuePair.Create(bucket.Shared, bucket.InMinute))
            .Concat(_places.Values.Select(places => KeyValuePair.Create(places.Shared, places.Held(Lasting))))
            .Where(one => one.Value > 0);

    private static T Of<T>(ConcurrentDictionary<Key, T> all, Key key, Func<Key, T> make)
        where T : IForgotten
    {
        if (all.TryGetValue(key, out var found))
            return found;
        if (all.Count >= Most)
        {
            foreach (var (old, idle) in all.Where(pair => pair.Value.IsIdle))
                _ = all.TryRemove(KeyValuePair.Create(old, idle));
        }

        return all.GetOrAdd(key, make);
    }

    private interface IForgotten
    {
        /// <summary>Whether a new one would be the same.</summary>
        bool IsIdle { get; }
    }

    private readonly record struct Key(LimitTarget Target, string Name, long Value);

    /// <summary>
    /// A caller may use a minute's tokens in one burst; afterwards they come back one at a time. Beside other nodes, the requests of the
    /// last minute on all of them are counted: a bucket on each would refill on each.
    /// </summary>
    private sealed class Bucket : IForgotten
    {
        private readonly Lock _gate = new();
        private readonly TimeProvider _time;
        private readonly long _perMinute;
        private readonly TimeSpan _interval;
        private double _tokens;
        private long _filledAt, _minuteAt, _taken, _takenBefore;

        public Bucket(Key key, TimeProvider time)
        {
            (_time, _perMinute, _tokens, Shared) = (time, key.Value, key.Value, SharedKey(key.Target, key.Name));
            _interval = TimeSpan.FromTicks(Math.Max(1, Minute.Ticks / key.Value));
            _filledAt = _minuteAt = time.GetTimestamp();
        }

        public string Shared { get; }

        /// <summary>The requests of the last minute, as if those of the minute before had come evenly.</summary>
        public long InMinute
        {
            get
            {
                lock (_gate)
                    return CountMinute();
            }
        }

        public bool IsIdle
        {
            get
            {
                lock (_gate)
                {
                    Fill();
                    return _tokens >= _perMinute && CountMinute() == 0;
                }
            }
        }

        public long Used(long others)
        {
            lock (_gate)
            {
                Fill();
                return others > 0 ? Math.Min(_perMinute, CountMinute() + others) : _perMinute - (long)_tokens;
            }
        }

        public TimeSpan? TryTake(long others)
        {
            lock (_gate)
            {
                Fill();
                if (_tokens < 1)
                    return (1 - _tokens) * _interval;
                if (others > 0 && CountMinute() + others - _perMinute is >= 0 and var excess)
                    return (excess + 1) * _interval is var wait && wait < Minute ? wait : Minute;
                _tokens--;
                _taken++;
                return null;
            }
        }

        private void Fill()
        {
            var now = _time.GetTimestamp();
            _tokens = Math.Min(_perMinute, _tokens + (_time.GetElapsedTime(_filledAt, now) / _interval));
            _filledAt = now;
            if (_time.GetElapsedTime(_minuteAt, now) is var passed && passed < Minute)
                return;
            (_takenBefore, _taken, _minuteAt) = (passed < 2 * Minute ? _taken : 0, 0, now);
        }

        private long CountMinute()
        {
            Fill();
            var left = 1 - (_time.GetElapsedTime(_minuteAt) / Minute);
            return _taken + (long)Math.Ceiling(_takenBefore * Math.Max(0, left));
        }
    }

    /// <summary>The requests that run at a time.</summary>
    private sealed class Places(Key key, TimeProvider time) : IForgotten
    {
        private readonly Lock _gate = new();

        // The oldest first.
        private readonly LinkedList<long> _held = new();

        public string Shared { get; } = SharedKey(key.Target, key.Name);

        public long Count
        {
            get
            {
                lock (_gate)
                    return _held.Count;
            }
        }

        public bool IsIdle => Count == 0;

        /// <summary>How many have been held for longer than this.</summary>
        public long Held(TimeSpan longer)
        {
            lock (_gate)
                return _held.TakeWhile(since => time.GetElapsedTime(since) >= longer).LongCount();
        }

        public IDisposable? TryEnter(long others)
        {
            lock (_gate)
            {
                return _held.Count + others < key.Value ? new Place(this, _held.AddLast(time.GetTimestamp())) : null;
            }
        }

        private sealed class Place(Places places, LinkedListNode<long> node) : IDisposable
        {
            public void Dispose()
            {
                lock (places._gate)
                {
                    if (node.List is not null)
                        places._held.Remove(node);
                }
            }
        }
    }
}
