using System.Net;
using System.Net.Http.Headers;

namespace ChunkUpload.Client.Http;

/// <summary>A body from memory that tells how much of it the connection has taken.</summary>
internal sealed class MemoryContent : HttpContent
{
    // A slow link takes so much within the stall timeout.
    private const int Piece = 64 << 10;

    private readonly ReadOnlyMemory<byte> _bytes;
    private readonly Action<int>? _sent;

    public MemoryContent(ReadOnlyMemory<byte> bytes, string type, Action<int>? sent = null)
    {
        (_bytes, _sent) = (bytes, sent);
        if (!MediaTypeHeaderValue.TryParse(type, out var parsed))
            throw new TransferException(TransferFailure.Refused, $"{type} is no media type.");
        Headers.ContentType = parsed;
    }

    internal StallGuard? Guard { get; set; }

    /// <summary>The time that the service has for its answer after the last byte, part of which may still be under way.</summary>
    internal TimeSpan Patience { get; set; }

    protected override Task SerializeToStreamAsync(Stream stream, TransportContext? context) =>
        SerializeToStreamAsync(stream, context, CancellationToken.None);

    protected override async Task SerializeToStreamAsync(
        Stream stream, TransportContext? context, CancellationToken cancellationToken)
    {
        for (var rest = _bytes; !rest.IsEmpty;)
        {
            var piece = rest[..Math.Min(Piece, rest.Length)];
            await stream.WriteAsync(piece, cancellationToken);
            rest = rest[piece.Length..];
            Guard?.Moved();
            _sent?.Invoke(piece.Length);
        }

        Guard?.Allow(Patience);
    }

    protected override bool TryComputeLength(out long length)
    {
        length = _bytes.Length;
        return true;
    }
}
