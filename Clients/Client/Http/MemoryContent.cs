using System.Net.Http.Headers;

namespace ChunkUpload.Client.Http;

/// <summary>A body from memory that reports how much of it the connection has accepted.</summary>
internal sealed class MemoryContent : GuardedContent
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

    protected override async Task WriteAsync(Stream stream, CancellationToken stop)
    {
        for (var rest = _bytes; !rest.IsEmpty;)
        {
            var piece = rest[..Math.Min(BandwidthLimit.Piece(Limits, Piece), rest.Length)];
            await TakeAsync(piece.Length, stop);
            await stream.WriteAsync(piece, stop);
            rest = rest[piece.Length..];
            Guard?.Moved();
            _sent?.Invoke(piece.Length);
        }
    }

    protected override bool TryComputeLength(out long length)
    {
        length = _bytes.Length;
        return true;
    }
}
