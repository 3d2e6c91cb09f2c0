using System.Collections.Concurrent;
using ChunkUpload.Core.Access;
using Microsoft.Extensions.Options;

namespace ChunkUpload.Core.Advisor;

/// <summary>
/// Measurements of the current uploads, and the figures of the networks that they come from. Kept in memory and bounded. The recorder saves
/// the networks, so a restart forgets only the figures of single uploads.
/// </summary>
public sealed class NetworkBook(IOptions<AdvisorOptions> options, TimeProvider time)
{
    private const int MostUploads = 50_000;
    private const int MostNetworks = 50_000;
    private const int MostLastSteps = 20_000;

    // The largest chunk with which an upload may begin on a known network: half of what a hint may ask for.
    private const long LargestStart = 1 << 20;

    private static readonly TimeSpan ForgetUploadAfter = TimeSpan.FromHours(2);

    // The last requests of an ended upload may be repeated.
    private static readonly TimeSpan ForgetEndedAfter = TimeSpan.FromMinutes(1);

    private readonly ConcurrentDictionary<UploadId, NetworkWatch> _uploads = new();
    private readonly ConcurrentDictionary<NetworkKey, NetworkEntry> _networks = new();
    private readonly ConcurrentQueue<AdviceStep> _lastSteps = new();
    private int _openBodies;

    // Reading the dictionary's count locks all its writers, and every small file adds an upload.
    private int _count;

    /// <summary>The number of bodies that are being received.</summary>
    public int OpenBodies => Volatile.Read(ref _openBodies);

    /// <summary>The number of known uploads.</summary>
    internal int Uploads => _uploads.Count;

    internal int Networks => _networks.Count;

    public bool IsBusy => OpenBodies > options.Value.BusyBodies;

    public NetworkWatch? Find(UploadId upload) => _uploads.GetValueOrDefault(upload);

    /// <summary>The measurements of an upload, which begin with the figures of its network. Stores what the caller reports.</summary>
    public NetworkWatch GetOrAdd(UploadId upload, Caller caller)
    {
        if (!_uploads.TryGetValue(upload, out var watch))
            watch = Begin(upload, caller);
        watch.ApplyHints(caller.Network);
        return watch;
    }

    /// <summary>Called before the upload's body is read. Dispose the result when the body has ended.</summary>
    public BodyWatch Open(UploadId upload, Caller caller)
    {
        var watch = GetOrAdd(upload, caller);
        _ = Interlocked.Increment(ref _openBodies);
        return watch.Open(KeyOf(caller), caller.Network?.SendSeconds ?? 0);
    }

    /// <summary>Called when the upload has ended. The history ends with the outcome of the last advice.</summary>
    public void Close(UploadId upload)
    {
        if (!_uploads.TryGetValue(upload, out var watch))
            return;
        watch.HasEnded = true;
        Remember(watch.LastStep(ended: true));
    }

    /// <summary>The figures of a network; none when they are too old.</summary>
    public NetworkFigures KnownOf(NetworkKey key)
    {
        if (!_networks.TryGetValue(key, out var entry))
            return default;
        var (figures, seenAt) = entry.Known;
        if (time.GetUtcNow() - seenAt > options.Value.NetworkMemory)
            return default;
        return figures with { LargestOk = Math.Min(figures.LargestOk, LargestStart) };
    }

    public static NetworkKey? KeyOf(Caller caller) =>
        caller.Network is { } network ? new NetworkKey(caller.Tenant, caller.Subject, network.Network) : null;

    /// <summary>A body has ended: add what the upload has seen since the previous body to its network.</summary>
    internal void Learned(NetworkKey? network, in NetworkDelta delta, in BodyOutcome outcome)
    {
        _ = Interlocked.Decrement(ref _openBodies);
        if (network is not { } key || (outcome.Received == 0 && !outcome.IsBreak))
            return;
        var now = time.GetUtcNow();
        if (!_networks.TryGetValue(key, out var entry))
        {
            if (_networks.Count >= MostNetworks)
                ForgetNetworks();
            entry = _networks.GetOrAdd(key, static (network, now) => new NetworkEntry(network, now), now);
        }

        entry.Learn(delta, now, outcome);
    }

    /// <summary>Adds a network from the database when the service starts.</summary>
    internal void Remember(KnownNetwork network) =>
        _ = _networks.TryAdd(network.Key, new NetworkEntry(network));

    /// <summary>The networks that have changed since the last call.</summary>
    internal IReadOnlyList<KnownNetwork> Changed() => [.. _networks.Values.Select(entry => entry.TakeChange()).OfType<KnownNetwork>()];

    /// <summary>The last lines of the uploads that have ended or were forgotten since the last call.</summary>
    internal IEnumerable<AdviceStep> LastSteps()
    {
        while (_lastSteps.TryDequeue(out var step))
            yield return step;
    }

    /// <summary>Called when the service stops: records the outcome of the last advice of every upload.</summary>
    internal void CloseAll()
    {
        foreach (var (_, watch) in _uploads)
            Remember(watch.LastStep(ended: false));
    }

    /// <summary>Forgets uploads that are not sent any more, and networks whose figures are too old.</summary>
    internal void Forget()
    {
        foreach (var (id, watch) in _uploads)
        {
            if (watch.OpenBodies == 0 && watch.IdleFor > (watch.HasEnded ? ForgetEndedAfter : ForgetUploadAfter))
                Remove(id);
        }

        // More uploads than usually come in two hours: forget those that have been silent longest.
        if (_uploads.Count >= MostUploads)
        {
            foreach (var (id, _) in _uploads.Where(pair => pair.Value.OpenBodies == 0).OrderByDescending(pair => pair.Value.IdleFor)
                .Take(MostUploads / 10))
                Remove(id);
        }

        foreach (var (key, entry) in _networks)
        {
            // An unsaved change keeps the entry until it is saved.
            if (!(entry.IsChanged && options.Value.KeepHistory) && time.GetUtcNow() - entry.Known.SeenAt > options.Value.NetworkMemory)
                _ = _networks.TryRemove(key, out _);
        }
    }

    private NetworkWatch Begin(UploadId upload, Caller caller)
    {
        if (Volatile.Read(ref _count) >= MostUploads)
            Forget();
        var fresh = new NetworkWatch(this, time, upload, KeyOf(caller) is { } key ? KnownOf(key) : default);
        var known = _uploads.GetOrAdd(upload, fresh);
        if (known == fresh)
            _ = Interlocked.Increment(ref _count);
        return known;
    }

    private void Remove(UploadId upload)
    {
        if (!_uploads.TryRemove(upload, out var watch))
            return;
        _ = Interlocked.Decrement(ref _count);
        Remember(watch.LastStep(ended: false));
    }

    private void Remember(AdviceStep? step)
    {
        if (step is not null && _lastSteps.Count < MostLastSteps)
            _lastSteps.Enqueue(step);
    }

    private void ForgetNetworks()
    {
        foreach (var (key, _) in _networks.OrderBy(pair => pair.Value.Known.SeenAt).Take(MostNetworks / 10))
            _ = _networks.TryRemove(key, out _);
    }
}
