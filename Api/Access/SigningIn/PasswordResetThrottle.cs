using System.Collections.Concurrent;
using ChunkUpload.Core.Limits;

namespace ChunkUpload.Api.Access.SigningIn;

/// <summary>Limits how often a new password can be requested for one name, so that no mailbox is flooded.</summary>
internal sealed class PasswordResetThrottle
{
    private const int Most = 10_000;

    private static readonly TimeSpan Quiet = TimeSpan.FromMinutes(5);

    private readonly ConcurrentDictionary<string, long> _asked = new(StringComparer.Ordinal);
    private readonly SharedUsage _usage;
    private readonly TimeProvider _time;

    public PasswordResetThrottle(SharedUsage usage, TimeProvider time)
    {
        (_usage, _time) = (usage, time);
        usage.Add(() => Waiting().Select(pair => KeyValuePair.Create(SharedKey(pair.Key), 1L)));
    }

    /// <summary>Returns true at most once every five minutes for each name.</summary>
    public bool MayAsk(string name)
    {
        if (_usage.IsShared && _usage.OfOthers(SharedKey(name)) > 0)
            return false;
        var now = _time.GetTimestamp();
        if (_asked.Count >= Most)
        {
            foreach (var (old, at) in _asked.Except(Waiting()).ToList())
                _asked.TryRemove(KeyValuePair.Create(old, at));
            // Refuse, so that memory stays bounded. An address can request few names only, so this takes many addresses.
            if (_asked.Count >= Most)
                return false;
        }

        return _asked.TryAdd(name, now)
            || (_asked.TryGetValue(name, out var last) && _time.GetElapsedTime(last, now) >= Quiet && _asked.TryUpdate(name, now, last));
    }

    private static string SharedKey(string name) => SharedUsage.KeyOf("forgotten passwords", "", name);

    private IEnumerable<KeyValuePair<string, long>> Waiting() => _asked.Where(one => _time.GetElapsedTime(one.Value) < Quiet);
}
