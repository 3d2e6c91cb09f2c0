using System.IO.Pipelines;
using Microsoft.AspNetCore.Http.Features;

namespace ChunkUpload.Api.Hosting;

/// <summary>
/// Counts the bytes of the response in front of Kestrel's writer, without a copy. Long buffers are written in slices: Kestrel buffers
/// written bytes until the client reads them, so a client that does not read occupies the memory of one slice only.
/// </summary>
internal sealed class CountingResponseBody(IHttpResponseBodyFeature inner) : PipeWriter, IHttpResponseBodyFeature
{
    private const int Slice = 16 << 10;

    private readonly PipeWriter _writer = inner.Writer;
    private Stream? _stream;

    public long Count { get; private set; }

    public Stream Stream => _stream ??= AsStream(leaveOpen: true);

    public PipeWriter Writer => this;

    public override bool CanGetUnflushedBytes => _writer.CanGetUnflushedBytes;

    public override long UnflushedBytes => _writer.UnflushedBytes;

    public static CountingResponseBody Install(HttpContext context)
    {
        var counting = new CountingResponseBody(context.Features.GetRequiredFeature<IHttpResponseBodyFeature>());
        context.Features.Set<IHttpResponseBodyFeature>(counting);
        return counting;
    }

    public override void Advance(int bytes)
    {
        Count += bytes;
        _writer.Advance(bytes);
    }

    public override Memory<byte> GetMemory(int sizeHint = 0) => _writer.GetMemory(sizeHint);

    public override Span<byte> GetSpan(int sizeHint = 0) => _writer.GetSpan(sizeHint);

    public override ValueTask<FlushResult> FlushAsync(CancellationToken cancellationToken = default) =>
        _writer.FlushAsync(cancellationToken);

    public override ValueTask<FlushResult> WriteAsync(ReadOnlyMemory<byte> source, CancellationToken cancellationToken = default)
    {
        if (source.Length > Slice)
            return WriteSlicesAsync(source, cancellationToken);
        Count += source.Length;
        return _writer.WriteAsync(source, cancellationToken);
    }

    public override void CancelPendingFlush() => _writer.CancelPendingFlush();

    public override void Complete(Exception? exception = null) => _writer.Complete(exception);

    public override ValueTask CompleteAsync(Exception? exception = null) => _writer.CompleteAsync(exception);

    public async Task SendFileAsync(string path, long offset, long? count, CancellationToken cancellationToken = default)
    {
        await inner.SendFileAsync(path, offset, count, cancellationToken);
        Count += count ?? new FileInfo(path).Length - offset;
    }

    public Task StartAsync(CancellationToken cancellationToken = default) => inner.StartAsync(cancellationToken);

    public Task CompleteAsync() => inner.CompleteAsync();

    public void DisableBuffering() => inner.DisableBuffering();

    private async ValueTask<FlushResult> WriteSlicesAsync(ReadOnlyMemory<byte> source, CancellationToken cancellationToken)
    {
        while (true)
        {
            var slice = source[..Math.Min(Slice, source.Length)];
            var result = await WriteAsync(slice, cancellationToken);
            source = source[slice.Length..];
            if (result.IsCompleted || result.IsCanceled || source.IsEmpty)
                return result;
        }
    }
}
