using System.Collections.Concurrent;
using ChunkUpload.Core.Access;
using ChunkUpload.Core.Uploads;
using Microsoft.Extensions.Options;

namespace ChunkUpload.Core.Advisor;

/// <summary>
/// The links that are in use: one for each upload that somebody sends, and what is known of the networks that they come from. In memory,
/// bounded; the recorder writes networks down, so that a restart forgets only what an upload measured.
/// </summary>
public sealed class LinkBook(IOptions<AdvisorOptions> options, TimeProvider time)
{
    private const int MostUploads = 50_000;
    private const int MostNetworks = 50_000;
    private const int MostLastSteps = 20_000;

    // So many bytes at once an upload may begin with, whatever the network carried before: half of what may be hinted.
    private const long LargestStart = 1 << 20;

    private static readonly TimeSpan ForgetUploadAfter = TimeSpan.FromHours(2);

    // Its last requests may still be repeated.
    private static readonly TimeSpan ForgetEndedAfter = TimeSpan.FromMinutes(1);

    private readonly ConcurrentDictionary<UploadId, LinkWatch> _uploads = new();
    private readonly ConcurrentDictionary<NetworkKey, NetworkEntry> _networks = new();
    private readonly ConcurrentQueue<AdviceStep> _lastSteps = new();
    private int _openBodies;

    // Whoever asks the dictionary holds up all who write to it, and every small file is an upload more.
    private int _count;

    /// <summary>Bodies that are being received now.</summary>
    public int OpenBodies => Volatile.Read(ref _openBodies);

    /// <summary>How many are known.</summary>
    internal int Uploads => _uploads.Count;

    internal int Networks => _networks.Count;

    public bool IsBusy => OpenBodies > options.Value.BusyBodies;

    public LinkWatch? Find(UploadId upload) => _uploads.GetValueOrDefault(upload);

    /// <summary>The upload's link, begun with what its network is known for; what the caller says of itself is kept.</summary>
    public LinkWatch GetOrAdd(UploadId upload, Caller caller)
    {
        if (!_uploads.TryGetValue(upload, out var watch))
            watch = Begin(upload, caller);
        watch.ApplyHints(caller.Link);
        return watch;
    }

    /// <summary>A body of the upload is about to be read. Dispose it when it has ended.</summary>
    public BodyWatch Open(UploadId upload, Caller caller)
    {
        var watch = GetOrAdd(upload, caller);
        _ = Interlocked.Increment(ref _openBodies);
        return watch.Open(KeyOf(caller), caller.Link?.SendSeconds ?? 0);
    }

    /// <summary>The upload has come to its end: its history ends with what became of the last advice.</summary>
    public void Close(UploadId upload)
    {
        if (!_uploads.TryGetValue(upload, out var watch))
            return;
        watch.HasEnded = true;
        Remember(watch.LastStep(ended: true));
    }

    /// <summary>An append is over: if its upload has ended with it, the history ends too.</summary>
    internal Result<StreamReceipt> After(Result<StreamReceipt> append)
    {
        if ((append.Ok ? append.Value.Upload : append.Failure.Upload) is { IsLive: false } ended)
            Close(ended.Id);
        return append;
    }

    /// <summary>What a network is known for; nothing when that is too long ago.</summary>
    public LinkFigures KnownOf(NetworkKey key)
    {
        if (!_networks.TryGetValue(key, out var entry))
            return default;
        var (figures, seenAt) = entry.Known;
        if (time.GetUtcNow() - seenAt > options.Value.NetworkMemory)
            return default;
        return figures with { LargestOk = Math.Min(figures.LargestOk, LargestStart) };
    }

    public static NetworkKey? KeyOf(Caller caller) =>
        caller.Link is { } link ? new NetworkKey(caller.Tenant, caller.Subject, link.Network) : null;

    /// <summary>A body has ended: the network that it came by learns what the upload has seen since the body before.</summary>
    internal void Learned(NetworkKey? network, in LinkDelta news, in BodyOutcome outcome)
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

        entry.Learn(news, now, outcome);
    }

    /// <summary>Taken up from the database when the service starts.</summary>
    internal void Remember(KnownNetwork network) =>
        _ = _networks.TryAdd(network.Key, new NetworkEntry(network));

    /// <summary>The networks that have changed since the last call.</summary>
    internal IReadOnlyList<KnownNetwork> Changed() => [.. _networks.Values.Select(entry => entry.TakeChange()).OfType<KnownNetwork>()];

    /// <summary>The last lines of the uploads that have ended or were let go of since the last call.</summary>
    internal IEnumerable<AdviceStep> LastSteps()
    {
        while (_lastSteps.TryDequeue(out var step))
            yield return step;
    }

    /// <summary>The service stops: what had become of the last advice is said for every upload.</summary>
    internal void CloseAll()
    {
        foreach (var (_, watch) in _uploads)
            Remember(watch.LastStep(ended: false));
    }

    /// <summary>Lets go of uploads that nobody sends any more, and of networks that are not believed any more.</summary>
    internal void Forget()
    {
        foreach (var (id, watch) in _uploads)
        {
            if (watch.OpenBodies == 0 && watch.IdleFor > (watch.HasEnded ? ForgetEndedAfter : ForgetUploadAfter))
                Remove(id);
        }

        // As many as come in two hours are too many: the longest silent go first.
        if (_uploads.Count >= MostUploads)
        {
            foreach (var (id, _) in _uploads.Where(pair => pair.Value.OpenBodies == 0).OrderByDescending(pair => pair.Value.IdleFor)
                .Take(MostUploads / 10))
                Remove(id);
        }

        foreach (var (key, entry) in _networks)
        {
            // What has to be written down yet waits for it.
            if (!(entry.IsChanged && options.Value.KeepHistory) && time.GetUtcNow() - entry.Known.SeenAt > options.Value.NetworkMemory)
                _ = _networks.TryRemove(key, out _);
        }
    }

    private LinkWatch Begin(UploadId upload, Caller caller)
    {
        if (Volatile.Read(ref _count) >= MostUploads)
            Forget();
        var fresh = new LinkWatch(this, time, upload, KeyOf(caller) is { } key ? KnownOf(key) : default);
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
