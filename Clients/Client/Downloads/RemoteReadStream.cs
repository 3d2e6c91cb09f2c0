namespace ChunkUpload.Client.Downloads;

/// <summary>
/// A file at the service as a stream that can be read at any position. Bytes come in blocks, which grow while they are read in order.
/// </summary>
internal sealed class RemoteReadStream(RemoteContent content) : Stream
{
    // Both are whole chunks of an encrypted file.
    private const int FirstBlock = 128 << 10;
    private const int LargestBlock = 4 << 20;

    private byte[] _block = [];
    private long _start;
    private int _filled;
    private int _next = FirstBlock;
    private long _position;
    private bool _isClosed;

    public override bool CanRead => !_isClosed;

    public override bool CanSeek => !_isClosed;

    public override bool CanWrite => false;

    public override long Length => content.Size;

    public override long Position
    {
        get => _position;
        set
        {
            ArgumentOutOfRangeException.ThrowIfNegative(value);
            _position = value;
        }
    }

    public override async ValueTask<int> ReadAsync(Memory<byte> buffer, CancellationToken cancellationToken = default)
    {
        ObjectDisposedException.ThrowIf(_isClosed, this);
        if (buffer.IsEmpty || _position >= content.Size)
            return 0;
        if (_position < _start || _position >= _start + _filled)
            await FetchAsync(cancellationToken);
        var at = (int)(_position - _start);
        var count = Math.Min(buffer.Length, _filled - at);
        _block.AsMemory(at, count).CopyTo(buffer);
        _position += count;
        return count;
    }

    public override Task<int> ReadAsync(byte[] buffer, int offset, int count, CancellationToken cancellationToken) =>
        ReadAsync(buffer.AsMemory(offset, count), cancellationToken).AsTask();

    public override int Read(byte[] buffer, int offset, int count) =>
        ReadAsync(buffer.AsMemory(offset, count)).AsTask().GetAwaiter().GetResult();

    public override long Seek(long offset, SeekOrigin origin)
    {
        Position = origin switch
        {
            SeekOrigin.Begin => offset,
            SeekOrigin.Current => _position + offset,
            _ => content.Size + offset,
        };
        return _position;
    }

    public override void Flush()
    {
    }

    public override void SetLength(long value) => throw new NotSupportedException();

    public override void Write(byte[] buffer, int offset, int count) => throw new NotSupportedException();

    protected override void Dispose(bool disposing)
    {
        _isClosed = true;
        _block = [];
        base.Dispose(disposing);
    }

    private async Task FetchAsync(CancellationToken stop)
    {
        // Read twice as much each time while the reads are in order, and as little as at first after a jump.
        _next = _position == _start + _filled ? Math.Min(_next * 2, LargestBlock) : FirstBlock;
        var from = _position / FirstBlock * FirstBlock;
        var length = (int)Math.Min(_next, content.Size - from);
        if (_block.Length < length)
            _block = new byte[length];
        // A read that breaks off must not leave bytes that look valid.
        (_start, _filled) = (from, 0);
        var block = _block;
        await content.ReadAsync(
            from, length,
            (offset, bytes) =>
            {
                bytes.CopyTo(block.AsMemory((int)(offset - from)));
                return ValueTask.CompletedTask;
            },
            stop);
        _filled = length;
    }
}
