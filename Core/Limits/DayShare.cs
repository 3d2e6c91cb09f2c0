using ChunkUpload.Core.Uploads;

namespace ChunkUpload.Core.Limits;

/// <summary>One request's part of the day's bytes.</summary>
public sealed class DayShare : IDisposable
{
    private readonly DayBook _book;
    private readonly DayCount _tenant, _subject;
    private readonly TransferDirection _direction;
    private long _reserved;
    private bool _ended;

    internal DayShare(DayBook book, DayCount tenant, DayCount subject, TransferDirection direction)
    {
        (_book, _tenant, _subject, _direction) = (book, tenant, subject, direction);
        _tenant.Requests++;
        _subject.Requests++;
    }

    /// <summary>Counts bytes that have passed.</summary>
    public void Passed(long bytes) => _book.Pass(this, bytes);

    public void Dispose() => _book.End(this);

    // The lock of the book guards what follows.

    internal void Reserve(long bytes)
    {
        _reserved += bytes;
        _tenant.Reserve(_direction, bytes);
        _subject.Reserve(_direction, bytes);
    }

    internal void Count(long bytes)
    {
        _tenant.Pass(_direction, bytes);
        _subject.Pass(_direction, bytes);
        Reserve(-Math.Min(_reserved, bytes));
    }

    internal void Release()
    {
        if (_ended)
            return;
        _ended = true;
        Reserve(-_reserved);
        _tenant.Requests--;
        _subject.Requests--;
    }
}
