using System.Runtime.CompilerServices;

namespace ChunkUpload.Core.Advisor;

/// <summary>
/// Guesses which body follows which on the same stream: streams alternate, so the stream that paused first continues first. A client may
/// reduce its streams. The number of streams is the recent maximum of bodies open at a time; of the pausing streams beyond that number, the
/// oldest have ended. Where bodies are much shorter than pauses, that number and the measured pause are too low until chunks have grown.
/// </summary>
internal sealed class StreamSlots
{
    // How many bodies can end before the next one begins; no client has more streams.
    private const int Most = 16;
    private const int Lately = 12;

    // One element for the first pause, because most uploads are one request.
    private double[] _pausedSince = [];
    private LatelyCounts _abreast;
    private int _first;
    private int _count;
    private int _open;
    private int _begun;

    /// <summary>A body's first bytes have arrived.</summary>
    /// <returns>Seconds since the last byte of the previous body on the same stream; NaN when unknown.</returns>
    public double Began(double now)
    {
        _abreast[_begun] = (ushort)Math.Min(++_open, ushort.MaxValue);
        _begun = (_begun + 1) % Lately;
        var streams = 0;
        foreach (var abreast in _abreast)
            streams = Math.Max(streams, (int)abreast);
        while (_count > 1 && _count > streams - _open + 1)
            Drop();
        if (_count == 0)
            return double.NaN;
        var gap = now - _pausedSince[_first];
        Drop();
        return gap;
    }

    /// <param name="lastByteAt">When its last byte arrived; NaN when the next body does not continue from it.</param>
    public void Ended(double lastByteAt)
    {
        _open--;
        if (double.IsNaN(lastByteAt))
            return;
        if (_pausedSince.Length == 0)
            _pausedSince = new double[Most];
        if (_count == Most)
            Drop();
        _pausedSince[(_first + _count++) % Most] = lastByteAt;
    }

    /// <summary>Forgets the pauses after a break: the time until the streams start again is not the cost of a request.</summary>
    public void Clear() => _count = 0;

    private void Drop()
    {
        _first = (_first + 1) % Most;
        _count--;
    }

    [InlineArray(Lately)]
    private struct LatelyCounts
    {
        private ushort _first;
    }
}
