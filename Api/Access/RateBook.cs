using System.Collections.Concurrent;
using System.Threading.RateLimiting;
using ChunkUpload.Core.Limits;

namespace ChunkUpload.Api.Access;

/// <summary>
/// The token buckets and counters of every tenant, user, key and address that has a limit. They apply to this process only. A changed limit
/// starts with a full bucket.
/// </summary>
internal sealed class RateBook : IAsyncDisposable
{
    /// <summary>Above this number, buckets and counters that limit no caller at the moment are dropped.</summary>
    private const int Most = 10_000;

    private static readonly TimeSpan Minute = TimeSpan.FromMinutes(1);

    private readonly ConcurrentDictionary<Key, RateLimiter> _limiters = new();

    /// <summary>Takes one token and returns null, or returns how long to wait for the next token.</summary>
    public TimeSpan? TryTake(LimitTarget target, string name, long perMinute)
    {
        var bucket = (TokenBucketRateLimiter)Of(new Key(target, name, perMinute), static key => Bucket(key.Value));
        _ = bucket.TryReplenish();
        using var lease = bucket.AttemptAcquire();
        return lease.IsAcquired ? null : lease.TryGetMetadata(MetadataName.RetryAfter, out var wait) ? wait : Interval(perMinute);
    }

    /// <summary>Takes a slot until the lease is disposed; returns null if no slot is free.</summary>
    public RateLimitLease? TryEnter(LimitTarget target, string name, long most)
    {
        var lease = Of(new Key(target, name, most), static key => Counter(key.Value)).AttemptAcquire();
        if (lease.IsAcquired)
            return lease;
        lease.Dispose();
        return null;
    }

    /// <summary>Returns how much of a limit is currently used; null if no caller has used it yet.</summary>
    /// <param name="name">The name in the JSON.</param>
    public long? Used(LimitTarget target, string name)
    {
        foreach (var (key, limiter) in _limiters)
        {
            if (key.Target != target || key.Name != name)
                continue;
            if (limiter is TokenBucketRateLimiter bucket)
                _ = bucket.TryReplenish();
            return limiter.GetStatistics() is { } now ? Math.Max(0, key.Value - now.CurrentAvailablePermits) : null;
        }

        return null;
    }

    public async ValueTask DisposeAsync()
    {
        foreach (var limiter in _limiters.Values)
            await limiter.DisposeAsync();
    }

    // A caller may use the tokens of a minute in one burst; afterwards they are replenished one at a time.
    private static TokenBucketRateLimiter Bucket(long perMinute) => new(new TokenBucketRateLimiterOptions
    {
        TokenLimit = (int)Math.Min(perMinute, int.MaxValue),
        TokensPerPeriod = 1,
        ReplenishmentPeriod = Interval(perMinute),
        AutoReplenishment = false,
        QueueLimit = 0,
    });

    private static ConcurrencyLimiter Counter(long most) =>
        new(new ConcurrencyLimiterOptions { PermitLimit = (int)Math.Min(most, int.MaxValue), QueueLimit = 0 });

    private static TimeSpan Interval(long perMinute) => TimeSpan.FromTicks(Math.Max(1, Minute.Ticks / perMinute));

    private RateLimiter Of(Key key, Func<Key, RateLimiter> make)
    {
        if (_limiters.TryGetValue(key, out var limiter))
            return limiter;
        if (_limiters.Count >= Most)
            Forget();
        return _limiters.GetOrAdd(key, make);
    }

    private void Forget()
    {
        foreach (var (key, limiter) in _limiters)
        {
            if (limiter is TokenBucketRateLimiter bucket)
                _ = bucket.TryReplenish();
            if (limiter.IdleDuration is not null)
                _ = _limiters.TryRemove(key, out _);
        }
    }

    private readonly record struct Key(LimitTarget Target, string Name, long Value);
}
