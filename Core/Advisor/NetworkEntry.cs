namespace ChunkUpload.Core.Advisor;

/// <summary>What uploads from one network have shown, all together.</summary>
/// <param name="Uploaded">Bytes.</param>
/// <param name="Failures">Requests that broke or brought wrong bytes.</param>
public sealed record KnownNetwork(
    NetworkKey Key, DateTimeOffset FirstSeenAt, DateTimeOffset SeenAt, long Uploaded, long Requests, long Failures, LinkFigures Figures);

/// <summary>A network in memory: who learns and who writes it down come from several threads.</summary>
internal sealed class NetworkEntry(KnownNetwork known)
{
    private readonly Lock _gate = new();
    private KnownNetwork _known = known;
    private bool _changed;

    public NetworkEntry(NetworkKey key, DateTimeOffset now)
        : this(new KnownNetwork(key, now, now, 0, 0, 0, default))
    {
    }

    public (LinkFigures Figures, DateTimeOffset SeenAt) Known
    {
        get
        {
            lock (_gate)
                return (_known.Figures, _known.SeenAt);
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

    public void Learn(in LinkFigures figures, DateTimeOffset now, long bytes, in BodyOutcome outcome)
    {
        lock (_gate)
        {
            _known = _known with
            {
                SeenAt = now,
                Uploaded = _known.Uploaded + bytes,
                Requests = _known.Requests + 1,
                Failures = _known.Failures + (outcome.IsBreak || outcome.Ending == BodyEnding.Checksum ? 1 : 0),
                Figures = figures,
            };
            _changed = true;
        }
    }

    /// <summary>The network as it is now, if it has changed since the last time.</summary>
    public KnownNetwork? TakeChange()
    {
        lock (_gate)
        {
            if (!_changed)
                return null;
            _changed = false;
            return _known;
        }
    }
}
