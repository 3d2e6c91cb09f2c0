using System.Security.Cryptography;

namespace ChunkUpload.Infrastructure.Connectors.S3;

/// <summary>A piece as a stream that can be read while it still arrives, and again for another attempt.</summary>
/// <param name="hashes">Whether the MD5 of what is read in order is wanted.</param>
internal sealed class PieceStream(IPiece piece, bool hashes = false) : Stream
{
#pragma warning disable CA5351 // Content-MD5 and tags are MD5 by the protocol; it protects from accidents, not from people.
    private readonly IncrementalHash? _md5 = hashes ? IncrementalHash.CreateHash(HashAlgorithmName.MD5) : null;
#pragma warning restore CA5351
    private int _position;
    private int _hashed;

    public override bool CanRead => true;

    public override bool CanSeek => true;

    public override bool CanWrite => false;

    public override long Length => piece.Length;

    public override long Position
    {
        get => _position;
        set => _position = checked((int)Math.Clamp(value, 0, piece.Length));
    }

    /// <summary>The digests of all bytes; waits until they have come.</summary>
    public static async Task<(byte[] Sha256, byte[] Md5)> DigestsAsync(IPiece piece, CancellationToken cancellationToken)
    {
        using var sha256 = IncrementalHash.CreateHash(HashAlgorithmName.SHA256);
#pragma warning disable CA5351 // Content-MD5 and tags are MD5 by the protocol; it protects from accidents, not from people.
        using var md5 = IncrementalHash.CreateHash(HashAlgorithmName.MD5);
#pragma warning restore CA5351
        var buffer = new byte[128 << 10];
        for (int at = 0, read; (read = await piece.ReadAsync(at, buffer, cancellationToken)) > 0; at += read)
        {
            sha256.AppendData(buffer, 0, read);
            md5.AppendData(buffer, 0, read);
        }

        return (sha256.GetHashAndReset(), md5.GetHashAndReset());
    }

    /// <summary>Lower-case hexadecimal; null: not all of it was read.</summary>
    public string? Md5() => _md5 is not null && _hashed == piece.Length ? Convert.ToHexStringLower(_md5.GetCurrentHash()) : null;

    public override async ValueTask<int> ReadAsync(Memory<byte> buffer, CancellationToken cancellationToken = default)
    {
        var read = await piece.ReadAsync(_position, buffer, cancellationToken);
        if (_md5 is not null && _position <= _hashed && _position + read > _hashed)
        {
            _md5.AppendData(buffer.Span[(_hashed - _position)..read]);
            _hashed = _position + read;
        }

        _position += read;
        return read;
    }

    public override Task<int> ReadAsync(byte[] buffer, int offset, int count, CancellationToken cancellationToken) =>
        ReadAsync(buffer.AsMemory(offset, count), cancellationToken).AsTask();

    // The SDK signs whole bodies synchronously. All bytes are here by then, so nothing is waited for.
    public override int Read(byte[] buffer, int offset, int count)
    {
        var reading = ReadAsync(buffer.AsMemory(offset, count));
        return reading.IsCompleted ? reading.Result : throw new NotSupportedException("The piece has not arrived yet.");
    }

    public override long Seek(long offset, SeekOrigin origin)
    {
        Position = origin switch
        {
            SeekOrigin.Begin => offset,
            SeekOrigin.Current => _position + offset,
            _ => piece.Length + offset,
        };
        return _position;
    }

    public override void Flush()
    {
    }

    protected override void Dispose(bool disposing)
    {
        if (disposing)
            _md5?.Dispose();
        base.Dispose(disposing);
    }

    public override void SetLength(long value) => throw new NotSupportedException();

    public override void Write(byte[] buffer, int offset, int count) => throw new NotSupportedException();
}
