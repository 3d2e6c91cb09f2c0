using ChunkUpload.Core.Access;

namespace ChunkUpload.Core.Limits;

/// <summary>The part of the day's bytes that one request uses.</summary>
public sealed class DayShare : IDisposable
{
    private readonly DayBook _book;
    private readonly DayCount[] _counts;
    private long _reserved;
    private bool _ended;

    internal DayShare(DayBook book, DayCount[] counts, FlowDirection direction, Caller caller)
    {
        (_book, _counts, Direction, Caller) = (book, counts, direction, caller);
        foreach (var count in _counts)
            count.Requests++;
    }

    internal Caller Caller { get; }

    internal FlowDirection Direction { get; }

    /// <summary>Counts bytes that have passed.</summary>
    /// <returns>False if the bytes were not announced and exceed the limit of the day.</returns>
    public bool Passed(long bytes) => _book.Pass(this, bytes);

    public void Dispose() => _book.End(this);

    // The lock of the book guards the following fields.

    internal void Reserve(long bytes)
    {
        _reserved += bytes;
        foreach (var count in _counts)
            count.Reserve(Direction, bytes);
    }

    /// <returns>Whether all of the bytes were reserved.</returns>
    internal bool Count(long bytes)
    {
        foreach (var count in _counts)
            count.Pass(Direction, bytes);
        var reserved = Math.Min(_reserved, bytes);
        Reserve(-reserved);
        return reserved == bytes;
    }

    internal void Release()
    {
        if (_ended)
            return;
        _ended = true;
        Reserve(-_reserved);
        foreach (var count in _counts)
            count.Requests--;
    }
}
