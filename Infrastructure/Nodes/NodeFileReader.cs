using System.Net;
using System.Net.Http.Headers;
using ChunkUpload.Core.Storage;

namespace ChunkUpload.Infrastructure.Nodes;

/// <summary>
/// Reads a file of another node in windows, which grow while it is read in order. The next window is asked for as soon as the bytes of one
/// arrive, so that no round trip lies between them.
/// </summary>
internal sealed class NodeFileReader(NodeClient client, string path, long length) : IStoredFileReader
{
    private const long FirstWindow = 1 << 20;
    private const long LargestWindow = 16 << 20;
    private const int Buffer = 1 << 18;

    // A node that sends nothing for so long is taken for silent.
    private static readonly TimeSpan Silence = TimeSpan.FromSeconds(30);

    private Window? _now;
    private Task<Window>? _next;
    private CancellationTokenSource _nextEnds = new();
    private long _windowSize = FirstWindow;

    public long Length => length;

    public async ValueTask<int> ReadAsync(Memory<byte> buffer, long offset, CancellationToken cancellationToken)
    {
        if (offset >= length || buffer.IsEmpty)
            return 0;
        try
        {
            if (_now is not null && _now.Position == offset && _now.Left == 0)
                await MoveOnAsync(cancellationToken);
            if (_now is null || _now.Position != offset)
                await BeginAsync(offset, cancellationToken);
            using var waiting = CancellationTokenSource.CreateLinkedTokenSource(cancellationToken);
            waiting.CancelAfter(Silence);
            var read = await _now!.Body.ReadAsync(buffer[..(int)Math.Min(buffer.Length, _now.Left)], waiting.Token);
            _now.Position += read;
            if (read == 0)
                Close();
            return read;
        }
        catch (Exception reason) when (NodeClient.IsFailure(reason))
        {
            Close();
            cancellationToken.ThrowIfCancellationRequested();
            throw client.Failed(reason);
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

    private async Task BeginAsync(long offset, CancellationToken cancellationToken)
    {
        Close();
        _windowSize = FirstWindow;
        _now = await OpenAsync(offset, _windowSize, cancellationToken);
    }

    private async Task MoveOnAsync(CancellationToken cancellationToken)
    {
        var at = _now!.Position;
        var next = _next ?? OpenAsync(at, Grown(), cancellationToken);
        _next = null;
        _now.Dispose();
        _now = null;
        _now = await next;
        var after = _now.Position + _now.Left;
        // Only after a first window was read to its end: most readers of a short range need no second one.
        if (after < length)
            _next = OpenAsync(after, Grown(), _nextEnds.Token);
    }

    private long Grown() => _windowSize = Math.Min(LargestWindow, _windowSize * 4);

    private async Task<Window> OpenAsync(long offset, long size, CancellationToken cancellationToken)
    {
        var end = Math.Min(length, offset + size);
        var answer = await client.SendAsync(
            HttpMethod.Get, path, new RangeHeaderValue(offset, end - 1), null, cancellationToken);
        try
        {
            if (answer.StatusCode != HttpStatusCode.PartialContent || answer.Content.Headers.ContentLength != end - offset
                || answer.Content.Headers.ContentRange?.From != offset)
            {
                throw new StoreException(StoreError.Unreachable, "the answer has another range.");
            }

            return new Window(answer, await answer.Content.ReadAsStreamAsync(cancellationToken), offset, end);
        }
        catch
        {
            answer.Dispose();
            throw;
        }
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

    private sealed class Window(HttpResponseMessage answer, Stream body, long from, long end) : IDisposable
    {
        public Stream Body => body;

        public long Position { get; set; } = from;

        public long Left => end - Position;

        public void Dispose() => answer.Dispose();
    }
}
