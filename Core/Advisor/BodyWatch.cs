using ChunkUpload.Core.Access;

namespace ChunkUpload.Core.Advisor;

/// <summary>
/// Observes the body of one request for the advisor. Without a call of End, the body ended for a reason unrelated to the network. The
/// caller that opened it disposes it once and must not use it afterwards, because it is reused for another request.
/// </summary>
public sealed class BodyWatch : IDisposable
{
    private readonly NetworkWatch _watch;
    private bool _ended = true;

    internal BodyWatch(NetworkWatch watch) => _watch = watch;

    /// <summary>Bytes of this body so far.</summary>
    public long Bytes { get; private set; }

    internal double LastByteAt { get; private set; }

    internal NetworkKey? Network { get; private set; }

    internal BodyWatch? Next { get; set; }

    public void Read(long bytes)
    {
        if (_ended || bytes <= 0)
            return;
        LastByteAt = _watch.Read(this, bytes);
        Bytes += bytes;
    }

    /// <param name="size">The whole chunk's bytes.</param>
    /// <param name="lost">How many of this body's bytes must be sent again.</param>
    public void End(NetworkOutcome outcome, long size, long lost)
    {
        if (_ended)
            return;
        _ended = true;
        _watch.Ended(this, new BodyOutcome(outcome, size, Bytes, lost));
    }

    public void Dispose()
    {
        End(NetworkOutcome.Unrelated, Bytes, 0);
        _watch.Release(this);
    }

    internal void Begin(NetworkKey? network) => (Network, Bytes, LastByteAt, Next, _ended) = (network, 0, 0, null, false);
}
