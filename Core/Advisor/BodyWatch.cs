namespace ChunkUpload.Core.Advisor;

/// <summary>One request's body, as the advisor sees it. Not told how it ended, it ended for a reason of its own.</summary>
public sealed class BodyWatch : IDisposable
{
    private readonly LinkWatch _link;
    private bool _opened;
    private bool _ended;

    internal BodyWatch(LinkWatch link) => _link = link;

    /// <summary>Bytes of this body so far.</summary>
    public long Bytes { get; private set; }

    internal double LastByteAt { get; private set; }

    public void Read(long bytes)
    {
        if (_ended || bytes <= 0)
            return;
        Bytes += bytes;
        LastByteAt = _link.Read(bytes, first: !_opened);
        _opened = true;
    }

    /// <param name="size">The whole chunk's bytes.</param>
    /// <param name="lost">Those of this body's bytes that have to be sent again.</param>
    public void End(BodyEnding ending, long size, long lost)
    {
        if (_ended)
            return;
        _ended = true;
        _link.Ended(this, _opened, new BodyOutcome(ending, size, Bytes, lost));
    }

    public void Dispose() => End(BodyEnding.Unrelated, Bytes, 0);
}
