using System.Buffers.Binary;
using System.Security.Cryptography;

namespace ChunkUpload.Bench.Load;

/// <summary>
/// A generated file that is not stored: every chunk can be made again by stamping its blocks. The digests are computed once before the
/// measurement, so that the client's hashing takes no CPU from the service.
/// </summary>
internal sealed class Content
{
    private const int Block = 512;

    private readonly byte[] _base;
    private readonly string[] _digests;

    private Content(long size, int chunk)
    {
        (Size, ChunkSize) = (size, chunk);
        _base = new byte[chunk];
        new Random(20_261).NextBytes(_base);
        _digests = new string[(size + chunk - 1) / chunk];
    }

    public long Size { get; }

    public int ChunkSize { get; }

    public int Count => _digests.Length;

    /// <summary>The digest of the whole file; null when not requested.</summary>
    public string? Sha256 { get; private set; }

    public static Content Create(long size, int chunk, bool whole, CancellationToken cancellationToken)
    {
        var content = new Content(size, chunk);
        using var hash = IncrementalHash.CreateHash(HashAlgorithmName.SHA256);
        var buffer = new byte[chunk];
        for (var index = 0; index < content.Count; index++)
        {
            cancellationToken.ThrowIfCancellationRequested();
            var bytes = content.Fill(index, buffer);
            content._digests[index] = Convert.ToHexStringLower(SHA256.HashData(bytes.Span));
            if (whole)
                hash.AppendData(bytes.Span);
        }

        if (whole)
            content.Sha256 = Convert.ToHexStringLower(hash.GetHashAndReset());
        return content;
    }

    public string Digest(int index) => _digests[index];

    public long Offset(int index) => (long)index * ChunkSize;

    /// <summary>A buffer for <see cref="Fill"/>, one per connection.</summary>
    public byte[] NewBuffer() => new byte[ChunkSize];

    public ReadOnlyMemory<byte> Fill(int index, byte[] buffer)
    {
        _base.CopyTo(buffer, 0);
        for (var at = 0; at + sizeof(long) <= buffer.Length; at += Block)
            BinaryPrimitives.WriteInt64LittleEndian(buffer.AsSpan(at), Offset(index) + at);
        return buffer.AsMemory(0, (int)Math.Min(ChunkSize, Size - Offset(index)));
    }
}
