namespace ChunkUpload.Emulators.Content;

/// <summary>The digests of a content, as lower-case hex.</summary>
internal sealed record ContentHashes(string Md5, string Sha1, string Sha256);

/// <summary>Bytes that never change: a file on the disk, generated ones, or ones that were hashed and thrown away.</summary>
internal abstract class StoredContent(long length)
{
    private int _references = 1;

    public long Length => length;

    public required ContentHashes Hashes { get; init; }

    /// <summary>False for content that was thrown away.</summary>
    public virtual bool IsReadable => true;

    /// <summary>Fills the buffer as far as there are bytes behind the offset.</summary>
    public abstract ValueTask<int> ReadAsync(long offset, Memory<byte> buffer, CancellationToken cancellationToken);

    /// <summary>A copy shares the bytes.</summary>
    public StoredContent Retain()
    {
        Interlocked.Increment(ref _references);
        return this;
    }

    public void Release()
    {
        if (Interlocked.Decrement(ref _references) == 0)
            Remove();
    }

    public async Task CopyToAsync(Stream target, long offset, long count, CancellationToken cancellationToken)
    {
        var buffer = System.Buffers.ArrayPool<byte>.Shared.Rent(256 * 1024);
        try
        {
            while (count > 0)
            {
                var read = await ReadAsync(offset, buffer.AsMemory(0, (int)Math.Min(buffer.Length, count)), cancellationToken);
                if (read == 0)
                    throw new EndOfStreamException($"The content ends before byte {offset}.");
                await target.WriteAsync(buffer.AsMemory(0, read), cancellationToken);
                offset += read;
                count -= read;
            }
        }
        finally
        {
            System.Buffers.ArrayPool<byte>.Shared.Return(buffer);
        }
    }

    protected virtual void Remove()
    {
    }
}

/// <summary>Content in a file of the emulator's folder.</summary>
internal sealed class FileContent(string path, long length) : StoredContent(length)
{
    public override async ValueTask<int> ReadAsync(long offset, Memory<byte> buffer, CancellationToken cancellationToken)
    {
        // Shared with deletion: who reads when a file is removed reads it to the end.
        using var file = File.OpenHandle(path, FileMode.Open, FileAccess.Read, FileShare.ReadWrite | FileShare.Delete,
            FileOptions.Asynchronous);
        return await RandomAccess.ReadAsync(file, buffer, offset, cancellationToken);
    }

    protected override void Remove() => File.Delete(path);
}

/// <summary>Content whose bytes follow from their offsets, so that nothing is stored.</summary>
internal sealed class GeneratedContent(ByteGenerator generator, long length) : StoredContent(length)
{
    public override ValueTask<int> ReadAsync(long offset, Memory<byte> buffer, CancellationToken cancellationToken)
    {
        var count = (int)Math.Clamp(Length - offset, 0, buffer.Length);
        generator.Fill(offset, buffer.Span[..count]);
        return ValueTask.FromResult(count);
    }
}

/// <summary>Content that was hashed and thrown away.</summary>
internal sealed class DiscardedContent(long length) : StoredContent(length)
{
    public override bool IsReadable => false;

    public override ValueTask<int> ReadAsync(long offset, Memory<byte> buffer, CancellationToken cancellationToken) =>
        throw new NotSupportedException("The emulator throws content away (sink).");
}
