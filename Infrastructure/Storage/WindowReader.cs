using ChunkUpload.Core.Storage;

namespace ChunkUpload.Infrastructure.Storage;

/// <summary>
/// Reads a file over the network in windows, which grow while it is read in order. The next window is asked for as soon as the bytes of one
/// arrive, so that no round trip lies between them.
/// </summary>
internal abstract class WindowReader(long length) : IStoredFileReader
{
    private const long FirstWindow = 1 << 20;
    private const long LargestWindow = 16 << 20;
    private const int Buffer = 1 << 18;

    // A source that sends nothing for so long is taken for silent.
    private static readonly TimeSpan Silence = TimeSpan.FromSeconds(30);

    private Window? _now;
    private Task<Window>? _next;
    private CancellationTokenSource _nextEnds = new();
    private long _windowSize = FirstWindow;

    public long Length => length;

    /// <summary>How often a window is asked for again from the byte at which it broke off.</summary>
    protected virtual int Repeats => 0;

    public async ValueTask<int> ReadAsync(Memory<byte> buffer, long offset, CancellationToken cancellationToken)
    {
        if (offset >= length || buffer.IsEmpty)
            return 0;
        for (var attempt = 0; ; attempt++)
        {
            try
            {
                return await ReadNowAsync(buffer, offset, cancellationToken);
            }
            catch (Exception reason) when (IsFailure(reason))
            {
                Close();
                cancellationToken.ThrowIfCancellationRequested();
                // A window that could not be opened was asked for often enough.
                if (reason is StoreException || attempt >= Repeats)
                    throw Failed(reason);
            }
        }
    }

    public Task<long> HashAsync(IRunningHash into, long offset, long length, CancellationToken cancellationToken) =>
        FeedAsync([into], offset, length, cancellationToken);

    /// <summary>Feeds a range into each hash, and returns the number of bytes found.</summary>
    public async Task<long> FeedAsync(
        IReadOnlyCollection<IRunningHash> into, long offset, long length, CancellationToken cancellationToken)
    {
        var buffer = new byte[(int)Math.Min(Buffer, Math.Max(1, length))];
        long done = 0;
        while (done < length)
        {
            var read = await ReadAsync(
                buffer.AsMemory(0, (int)Math.Min(buffer.Length, length - done)), offset + done, cancellationToken);
            if (read == 0)
                break;
            foreach (var hash in into)
                hash.Append(buffer.AsSpan(0, read));
            done += read;
        }

        return done;
    }

    public void Dispose()
    {
        Close();
        _nextEnds.Dispose();
    }

    /// <summary>Asks for the bytes from <paramref name="offset"/> to before <paramref name="end"/>.</summary>
    protected abstract Task<Window> OpenAsync(long offset, long end, CancellationToken cancellationToken);

    /// <summary>Whether this is a failure to read, and not a fault of the program.</summary>
    protected abstract bool IsFailure(Exception reason);

    /// <summary>The failure of a read for this reason.</summary>
    protected abstract StoreException Failed(Exception reason);

    private async ValueTask<int> ReadNowAsync(Memory<byte> buffer, long offset, CancellationToken cancellationToken)
    {
        if (_now is not null && _now.Position == offset && _now.Left == 0)
            await MoveOnAsync(cancellationToken);
        if (_now is null || _now.Position != offset)
            await BeginAsync(offset, cancellationToken);
        using var waiting = CancellationTokenSource.CreateLinkedTokenSource(cancellationToken);
        waiting.CancelAfter(Silence);
        var read = await _now!.Body.ReadAsync(buffer[..(int)Math.Min(buffer.Length, _now.Left)], waiting.Token);
        _now.Position += read;
        return read > 0 ? read : throw new EndOfStreamException("The answer ended early.");
    }

    private async Task BeginAsync(long offset, CancellationToken cancellationToken)
    {
        Close();
        _windowSize = FirstWindow;
        _now = await OpenAsync(offset, Math.Min(length, offset + _windowSize), cancellationToken);
    }

    private async Task MoveOnAsync(CancellationToken cancellationToken)
    {
        var at = _now!.Position;
        var next = _next ?? OpenGrownAsync(at, cancellationToken);
        _next = null;
        _now.Dispose();
        _now = null;
        _now = await next;
        var after = _now.Position + _now.Left;
        // Only after a first window was read to its end: most readers of a short range need no second one.
        if (after < length)
            _next = OpenGrownAsync(after, _nextEnds.Token);
    }

    private Task<Window> OpenGrownAsync(long offset, CancellationToken cancellationToken)
    {
        _windowSize = Math.Min(LargestWindow, _windowSize * 4);
        return OpenAsync(offset, Math.Min(length, offset + _windowSize), cancellationToken);
    }

    private void Close()
    {
        _now?.Dispose();
        _now = null;
        if (_next is not { } next)
            return;
        _next = null;
        var ends = _nextEnds;
        _nextEnds = new CancellationTokenSource();
        ends.Cancel();
        _ = next.ContinueWith(
            done =>
            {
                if (done.IsCompletedSuccessfully)
                    done.Result.Dispose();
                else
                    _ = done.Exception;
                ends.Dispose();
            },
            CancellationToken.None, TaskContinuationOptions.ExecuteSynchronously, TaskScheduler.Default);
    }

    /// <summary>An answer that has the bytes from <paramref name="from"/> to before <paramref name="end"/>.</summary>
    protected sealed class Window(IDisposable answer, Stream body, long from, long end) : IDisposable
    {
        public Stream Body => body;

        public long Position { get; set; } = from;

        public long Left => end - Position;

        public void Dispose() => answer.Dispose();
    }
}
