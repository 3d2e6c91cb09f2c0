using System.Security.Cryptography;

namespace ChunkUpload.Emulators.Content;

/// <summary>All digests of a content in one pass.</summary>
internal sealed class ContentHasher : IDisposable
{
    private readonly IncrementalHash _md5 = IncrementalHash.CreateHash(HashAlgorithmName.MD5);
    private readonly IncrementalHash _sha1 = IncrementalHash.CreateHash(HashAlgorithmName.SHA1);
    private readonly IncrementalHash _sha256 = IncrementalHash.CreateHash(HashAlgorithmName.SHA256);

    public void Append(ReadOnlySpan<byte> bytes)
    {
        _md5.AppendData(bytes);
        _sha1.AppendData(bytes);
        _sha256.AppendData(bytes);
    }

    public ContentHashes Finish() => new(Hex(_md5), Hex(_sha1), Hex(_sha256));

    public static ContentHashes Of(ByteGenerator generator, long length, CancellationToken cancellationToken)
    {
        using var hasher = new ContentHasher();
        var buffer = new byte[256 * 1024];
        for (long offset = 0; offset < length;)
        {
            cancellationToken.ThrowIfCancellationRequested();
            var part = buffer.AsSpan(0, (int)Math.Min(buffer.Length, length - offset));
            generator.Fill(offset, part);
            hasher.Append(part);
            offset += part.Length;
        }

        return hasher.Finish();
    }

    public void Dispose()
    {
        _md5.Dispose();
        _sha1.Dispose();
        _sha256.Dispose();
    }

    private static string Hex(IncrementalHash hash) => Convert.ToHexStringLower(hash.GetHashAndReset());
}
