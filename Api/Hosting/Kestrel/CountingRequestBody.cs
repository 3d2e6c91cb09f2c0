using System.Buffers;
using System.IO.Pipelines;
using ChunkUpload.Api.Hosting.Transport;
using Microsoft.AspNetCore.Http.Features;

namespace ChunkUpload.Api.Hosting;

/// <summary>
/// Counts the consumed bytes of the body in front of Kestrel's reader, without a copy. Translates Kestrel's exceptions to distinguish a
/// malformed body from a broken connection.
/// </summary>
internal sealed class CountingRequestBody(PipeReader inner, bool trailers, ChunkedBodyGuard? guard) : PipeReader, IRequestBodyPipeFeature
{
    private ReadOnlySequence<byte> _last;

    public long Count { get; private set; }

    PipeReader IRequestBodyPipeFeature.Reader => this;

    public static CountingRequestBody Install(HttpContext context)
    {
        // Whether trailers may follow the body. Kestrel notices only at their end that they are invalid.
        var trailers = context.Request.ContentLength is null && HttpProtocol.IsHttp11(context.Request.Protocol);
        var guard = trailers && context.Request.Headers.TransferEncoding.Count > 0 ? context.Features.Get<ChunkedBodyGuard>() : null;
        guard?.Begin();
        var counting = new CountingRequestBody(context.Request.BodyReader, trailers, guard);
        // Set the stream first: the setter makes Kestrel's feature drop its reader.
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
        catch (IOException exception) when (KestrelBodyFault.Of(exception, guard) is { } fault)
        {
            throw new BodyFaultException(fault, exception);
        }
        catch (InvalidOperationException exception) when (trailers)
        {
            // Kestrel throws this for a trailer whose bytes are not text.
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
        guard?.ReportTaken(Math.Max(seen, Count));
    }

    /// <summary>Ends the request, even if its body was not completely read.</summary>
    public void End() => guard?.End();

    public override void CancelPendingRead() => inner.CancelPendingRead();

    public override void Complete(Exception? exception = null) => inner.Complete(exception);

    public override ValueTask CompleteAsync(Exception? exception = null) => inner.CompleteAsync(exception);
}
