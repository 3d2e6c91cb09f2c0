using ChunkUpload.Core.Access;

namespace ChunkUpload.Core.Advisor;

/// <summary>The combined figures of all uploads from one network.</summary>
/// <param name="Uploaded">Bytes.</param>
/// <param name="Failures">Requests that broke or delivered wrong bytes.</param>
public sealed record KnownNetwork(
    NetworkKey Key, DateTimeOffset FirstSeenAt, DateTimeOffset SeenAt, long Uploaded, long Requests, long Failures, NetworkFigures Figures);

/// <summary>A network in memory. Uploads and the recorder access it from several threads.</summary>
internal sealed class NetworkEntry(KnownNetwork known)
{
    private readonly Lock _gate = new();
    private DateTimeOffset _seenAt = known.SeenAt;
    private long _uploaded = known.Uploaded;
    private long _requests = known.Requests;
    private long _failures = known.Failures;
    private NetworkFigures _figures = known.Figures;
    private bool _changed;

    public NetworkEntry(NetworkKey key, DateTimeOffset now)
        : this(new KnownNetwork(key, now, now, 0, 0, 0, default))
    {
    }

    public (NetworkFigures Figures, DateTimeOffset SeenAt) Known
    {
        get
        {
            lock (_gate)
                return (_figures, _seenAt);
        }
    }

    public bool IsChanged
    {
        get
        {
            lock (_gate)
                return _changed;
        }
    }

    public void Learn(in NetworkDelta delta, DateTimeOffset now, in BodyOutcome outcome)
    {
        lock (_gate)
        {
            _seenAt = now;
            _uploaded += outcome.Received;
            _requests++;
            _failures += outcome.IsBreak || outcome.Network == NetworkOutcome.Checksum ? 1 : 0;
            _figures.Learn(delta);
            _changed = true;
        }
    }

    /// <summary>The network as it is now, if it has changed since the last call.</summary>
    public KnownNetwork? TakeChange()
    {
        lock (_gate)
        {
            if (!_changed)
                return null;
            _changed = false;
            return known with { SeenAt = _seenAt, Uploaded = _uploaded, Requests = _requests, Failures = _failures, Figures = _figures };
        }
    }
}
