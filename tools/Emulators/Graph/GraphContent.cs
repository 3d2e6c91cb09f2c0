using ChunkUpload.Emulators.Content;

namespace ChunkUpload.Emulators.Graph;

/// <summary>A file's content with the digests that OneDrive shows.</summary>
internal sealed record GraphContent(StoredContent Data, string QuickXor, string? Sha1, string? Sha256, DateTimeOffset Stored)
{
    public long Size => Data.Length;

    /// <summary>Takes content that is there already, such as a generated one.</summary>
    public static async Task<GraphContent> OfAsync(StoredContent data, DateTimeOffset now, CancellationToken cancellationToken)
    {
        var hash = new QuickXorHash();
        var buffer = new byte[256 * 1024];
        while (hash.Length < data.Length)
        {
            var read = await data.ReadAsync(hash.Length, buffer, cancellationToken);
            if (read == 0)
                throw new EndOfStreamException($"The content ends before byte {hash.Length}.");
            hash.Append(buffer.AsSpan(0, (int)Math.Min(read, data.Length - hash.Length)));
        }

        return With(data, hash.ToBase64(), now);
    }

    public static GraphContent With(StoredContent data, string quickXor, DateTimeOffset now) =>
        new(data, quickXor, data.Hashes.Sha1.ToUpperInvariant(), data.Hashes.Sha256.ToUpperInvariant(), now);
}

/// <summary>A content with some bytes of the storage behind it, as SharePoint adds its properties to Office files.</summary>
internal sealed class RewrittenContent(StoredContent original, byte[] added) : StoredContent(original.Length + added.Length)
{
    public override bool IsReadable => original.IsReadable;

    public override ValueTask<int> ReadAsync(long offset, Memory<byte> buffer, CancellationToken cancellationToken)
    {
        if (offset < original.Length)
            return original.ReadAsync(offset, buffer[..(int)Math.Min(buffer.Length, original.Length - offset)], cancellationToken);
        var rest = added.AsMemory((int)Math.Min(added.Length, offset - original.Length));
        var count = Math.Min(rest.Length, buffer.Length);
        rest[..count].CopyTo(buffer);
        return ValueTask.FromResult(count);
    }

    protected override void Remove() => original.Release();
}
