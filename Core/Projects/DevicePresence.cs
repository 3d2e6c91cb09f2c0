using System.Collections.Concurrent;
using ChunkUpload.Core.Events;

namespace ChunkUpload.Core.Projects;

/// <summary>
/// Tracks which devices are online: those with an open event stream, and those that have sent a request within half a minute. It is in
/// memory only, because devices reconnect after a restart.
/// </summary>
public sealed class DevicePresence(EventFeed feed, TimeProvider time)
{
    private static readonly TimeSpan Fresh = TimeSpan.FromSeconds(30);
    private const int Most = 100_000;

    private readonly ConcurrentDictionary<Guid, long> _told = new();
    private readonly ConcurrentDictionary<Guid, bool> _strange = new();

    /// <summary>Records that the device with this key has sent a request.</summary>
    public void Note(Guid key)
    {
        if (_told.Count >= Most)
            Forget();
        _told[key] = time.GetTimestamp();
    }

    /// <summary>Returns the keys whose devices are online.</summary>
    public IReadOnlySet<Guid> Online(IEnumerable<ProjectDevice> devices)
    {
        var listening = feed.Listeners.Select(listener => listener.Caller?.ApiKey).OfType<Guid>().ToHashSet();
        return devices.Where(device => device.RevokedAt is null && !HasOtherFingerprint(device.Key)
                && (listening.Contains(device.Key) || IsFresh(device.Key)))
            .Select(device => device.Key).ToHashSet();
    }

    /// <summary>Records whether the computer that uses this API key also has the key pair of the device.</summary>
    public void NoteFingerprint(Guid key, bool isSame)
    {
        if (isSame)
            _ = _strange.TryRemove(key, out _);
        else if (_strange.Count < Most)
            _strange[key] = true;
    }

    /// <summary>
    /// Returns whether the computer with this API key has lost the key pair of its device, and cannot send until the key pair is restored.
    /// </summary>
    public bool HasOtherFingerprint(Guid key) => _strange.ContainsKey(key);

    private bool IsFresh(Guid key) => _told.TryGetValue(key, out var at) && time.GetElapsedTime(at) < Fresh;

    private void Forget()
    {
        foreach (var (key, at) in _told)
        {
            if (time.GetElapsedTime(at) >= Fresh)
                _ = _told.TryRemove(new(key, at));
        }
    }
}
