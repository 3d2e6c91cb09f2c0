using System.Buffers;
using System.IO.Pipelines;
using ChunkUpload.Api.Hosting.Transport;
using ChunkUpload.Core.Uploads;
using Microsoft.AspNetCore.Http.Features;

namespace ChunkUpload.Api.Hosting;

/// <summary>
/// Counts the body's bytes that were consumed, in front of the server's own reader: no byte is copied. Tells a body that is none from a
/// connection that is none.
/// </summary>
internal sealed class CountingRequestBody(PipeReader inner, bool trailers, ChunkedBodyGuard? guard) : PipeReader, IRequestBodyPipeFeature
{
    private ReadOnlySequence<byte> _last;

    public long Count { get; private set; }

    PipeReader IRequestBodyPipeFeature.Reader => this;

    public static CountingRequestBody Install(HttpContext context)
    {
        // Where a trailer may come, of which the server finds out too late that it is none.
        var trailers = context.Request.ContentLength is null && HttpProtocol.IsHttp11(context.Request.Protocol);
        var guard = trailers && context.Request.Headers.TransferEncoding.Count > 0 ? context.Features.Get<ChunkedBodyGuard>() : null;
        guard?.Begin();
        var counting = new CountingRequestBody(context.Request.BodyReader, trailers, guard);
        // The stream first: setting it makes the server's feature forget its reader.
        context.Request.Body = counting.AsStream();
        context.Features.Set<IRequestBodyPipeFeature>(counting);
        return counting;
    }

    public override async ValueTask<ReadResult> ReadAsync(CancellationToken cancellationToken = default)
    {
        try
        {
            var result = await inner.ReadAsync(cancellationToken);
            _last = result.Buffer;
            return result;
        }
        catch (IOException exception) when (ServerFault.Of(exception, guard) is { } fault)
        {
            throw new BodyFaultException(fault, exception);
        }
        catch (InvalidOperationException exception) when (trailers)
        {
            // What the server throws for a trailer whose bytes are no text.
            throw new BodyFaultException(BodyFault.Malformed, exception);
        }
    }

    public override bool TryRead(out ReadResult result)
    {
        var read = inner.TryRead(out result);
        if (read)
            _last = result.Buffer;
        return read;
    }

    public override void AdvanceTo(SequencePosition consumed) => AdvanceTo(consumed, consumed);

    public override void AdvanceTo(SequencePosition consumed, SequencePosition examined)
    {
        var seen = guard is null ? 0 : Count + _last.Slice(0, examined).Length;
        Count += _last.Slice(0, consumed).Length;
        _last = default;
        inner.AdvanceTo(consumed, examined);
        guard?.Took(Math.Max(seen, Count));
    }

    /// <summary>The request is over, whatever of its body was read.</summary>
    public void End() => guard?.End();

    public override void CancelPendingRead() => inner.CancelPendingRead();

    public override void Complete(Exception? exception = null) => inner.Complete(exception);

    public override ValueTask CompleteAsync(Exception? exception = null) => inner.CompleteAsync(exception);
}
