using System.Runtime.CompilerServices;

namespace ChunkUpload.Core.Advisor;

/// <summary>
/// Which body follows which on the same stream, as far as their order tells: streams take turns, so the one that ended first goes on first. A
/// client may come to send over fewer streams than before. How many there are shows in how many bodies came at a time of late; of those that
/// pause beyond that number the oldest have ended for good. Where bodies are much shorter than pauses that number is too low and so is the
/// pause that is found, until chunks have grown.
/// </summary>
internal sealed class StreamSlots
{
    // So many bodies can end before the next one begins; more streams than that nobody has.
    private const int Most = 16;
    private const int Lately = 12;

    // For the first that pauses: most uploads are one request.
    private double[] _pausedSince = [];
    private LatelyCounts _abreast;
    private int _first;
    private int _count;
    private int _open;
    private int _begun;

    /// <summary>A body's first bytes are here.</summary>
    /// <returns>Seconds since the last byte of the body before it on the same stream; NaN when none is known.</returns>
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

    /// <param name="lastByteAt">When its last byte came; NaN where what follows does not go on from it.</param>
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

    /// <summary>After a break streams begin anew, and what they wait for is not what a request costs.</summary>
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
