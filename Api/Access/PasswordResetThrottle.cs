using System.Collections.Concurrent;

namespace ChunkUpload.Api.Access;

/// <summary>Limits how often a password reset can be requested for a name, so that nobody's mailbox is flooded.</summary>
internal sealed class PasswordResetThrottle(TimeProvider time)
{
    private const int Most = 10_000;

    private readonly ConcurrentDictionary<string, long> _asked = new(StringComparer.Ordinal);

    /// <summary>True at most once per name in each such period.</summary>
    public bool MayAsk(string name, TimeSpan quiet)
    {
        var now = time.GetTimestamp();
        if (_asked.Count >= Most)
        {
            foreach (var (old, at) in _asked.Where(one => time.GetElapsedTime(one.Value, now) >= quiet))
                _asked.TryRemove(KeyValuePair.Create(old, at));
            // Memory stays bounded; each address may still ask for few names only.
            if (_asked.Count >= Most)
                return false;
        }

        return _asked.TryAdd(name, now)
            || (_asked.TryGetValue(name, out var last) && time.GetElapsedTime(last, now) >= quiet && _asked.TryUpdate(name, now, last));
    }
}
