using System.Buffers;
using System.IO.Pipelines;

namespace ChunkUpload.Core.Transfers.Storages;

/// <summary>
/// The buffer of one piece. A source writes to it like to a pipe, and a sink sends from it while it is being filled. If the storage has
/// kept fewer bytes than were sent, the bytes are still in the buffer. So each file that is being copied uses the memory of one piece.
/// </summary>
internal sealed class Piece : PipeWriter, IPiece, IDisposable
{
    private static readonly TimeSpan FullyReadWithin = TimeSpan.FromMinutes(2);

    private readonly byte[] _buffer;
    private readonly Action<ReadOnlySpan<byte>> _arrived;
    private readonly Func<int, ValueTask>? _pace;
    private readonly Lock _lock = new();
    private TaskCompletionSource _more = NewSignal();
    private int _filled;
    private bool _ended;
    private bool _tooMuch;
    private int _unpaced;

    /// <param name="arrived">Receives the bytes as they arrive, in order.</param>
    /// <param name="pace">Throttles the source; null if there is no bandwidth limit.</param>
    public Piece(int length, Action<ReadOnlySpan<byte>> arrived, Func<int, ValueTask>? pace = null)
    {
        _pace = pace;
        Length = length;
        _buffer = ArrayPool<byte>.Shared.Rent(Math.Max(length, 1));
        _arrived = arrived;
    }

    public int Length { get; }

    /// <summary>The source wrote more than the piece has room for.</summary>
    public bool TooMuch => _tooMuch;

    public bool IsFull => Filled == Length && !_tooMuch;

    public ReadOnlySpan<byte> Bytes => _buffer.AsSpan(0, Filled);

    private int Filled => Volatile.Read(ref _filled);

    public override Memory<byte> GetMemory(int sizeHint = 0)
    {
        if (_filled + sizeHint <= Length && _filled < Length)
            return _buffer.AsMemory(_filled, Length - _filled);
        // Provide space for excess bytes, so that they are noticed.
        return new byte[Math.Max(sizeHint, 1)];
    }

    public override Span<byte> GetSpan(int sizeHint = 0) => GetMemory(sizeHint).Span;

    public override void Advance(int bytes)
    {
        if (bytes == 0)
            return;
        if (_filled + bytes > Length)
        {
            _tooMuch = true;
            return;
        }

        _arrived(_buffer.AsSpan(_filled, bytes));
        Volatile.Write(ref _filled, _filled + bytes);
        _unpaced += bytes;
    }

    public override async ValueTask<FlushResult> FlushAsync(CancellationToken cancellationToken = default)
    {
        Signal();
        if (_pace is not null && _unpaced > 0)
        {
            var passed = _unpaced;
            _unpaced = 0;
            await _pace(passed);
            cancellationToken.ThrowIfCancellationRequested();
        }

        // Stop a source that has written too many bytes.
        return new FlushResult(isCanceled: false, isCompleted: _tooMuch);
    }

    public override void CancelPendingFlush()
    {
    }

    /// <summary>Ends the piece: no more bytes follow.</summary>
    public override void Complete(Exception? exception = null)
    {
        Volatile.Write(ref _ended, true);
        Signal();
    }

    public async Task CopyToAsync(Stream destination, CancellationToken cancellationToken)
    {
        for (var sent = 0; sent < Length;)
        {
            var filled = await FilledBeyondAsync(sent, cancellationToken);
            await destination.WriteAsync(_buffer.AsMemory(sent, filled - sent), cancellationToken);
            sent = filled;
        }
    }

    public async ValueTask<int> ReadAsync(int offset, Memory<byte> into, CancellationToken cancellationToken)
    {
        if (offset >= Length || into.Length == 0)
            return 0;
        var read = Math.Min(into.Length, await FilledBeyondAsync(offset, cancellationToken) - offset);
        _buffer.AsMemory(offset, read).CopyTo(into);
        return read;
    }

    public void Dispose() => ArrayPool<byte>.Shared.Return(_buffer);

    /// <summary>Waits until there are bytes after the offset, and returns the total number of bytes.</summary>
    private async ValueTask<int> FilledBeyondAsync(int offset, CancellationToken cancellationToken)
    {
        while (true)
        {
            var more = Volatile.Read(ref _more).Task;
            // Read this before the bytes, because the last bytes and the end may arrive in between.
            var ended = Volatile.Read(ref _ended) || _tooMuch;
            var filled = Filled;
            if (filled > offset)
                return filled;
            if (ended)
                throw new IOException("The source has failed.");
            await more.WaitAsync(FullyReadWithin, cancellationToken);
        }
    }

    private static TaskCompletionSource NewSignal() => new(TaskCreationOptions.RunContinuationsAsynchronously);

    private void Signal()
    {
        lock (_lock)
        {
            _more.TrySetResult();
            Volatile.Write(ref _more, NewSignal());
        }
    }
}
