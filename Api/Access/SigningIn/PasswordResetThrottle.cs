using System.Collections.Concurrent;

namespace ChunkUpload.Api.Access.SigningIn;

/// <summary>Limits how often a new password can be requested for one name, so that no mailbox is flooded.</summary>
internal sealed class PasswordResetThrottle(TimeProvider time)
{
    private const int Most = 10_000;

    private readonly ConcurrentDictionary<string, long> _asked = new(StringComparer.Ordinal);

    /// <summary>Returns true at most once per interval for each name.</summary>
    public bool MayAsk(string name, TimeSpan quiet)
    {
        var now = time.GetTimestamp();
        if (_asked.Count >= Most)
        {
            foreach (var (old, at) in _asked.Where(one => time.GetElapsedTime(one.Value, now) >= quiet))
                _asked.TryRemove(KeyValuePair.Create(old, at));
            // Refuse, so that memory stays bounded. An address can request few names only, so this takes many addresses.
            if (_asked.Count >= Most)
                return false;
        }

        return _asked.TryAdd(name, now)
            || (_asked.TryGetValue(name, out var last) && time.GetElapsedTime(last, now) >= quiet && _asked.TryUpdate(name, now, last));
    }
}
