using ChunkUpload.Core.Storage;

namespace ChunkUpload.Core.Uploads.Chunks;

/// <summary>The file and the hash of one request that writes a chunk or continues a broken one.</summary>
internal sealed class ChunkAttempt(IStoredFileWriter writer, IRunningHash whole, IRunningHash? message, Prefix? claimed) : IBodySink,
    IAsyncDisposable
{
    public IStoredFileWriter Writer { get; } = writer;

    /// <summary>Whether the file is in the store that all nodes share.</summary>
    public bool IsShared => Writer is ObjectFile;

    /// <summary>The prefix that this attempt continues; null for a chunk from its beginning.</summary>
    public Prefix? Claimed { get; } = claimed;

    /// <summary>Whether no prefix has the file. In the shared store, an attempt that continues a prefix copies it.</summary>
    public bool IsFresh => Claimed?.File != Writer.File;

    /// <summary>The number of bytes of the chunk in the file, from earlier requests and from this one.</summary>
    public long Kept => whole.Length;

    /// <summary>How many of them this request brought.</summary>
    public long Own => Kept - (Claimed?.Kept ?? 0);

    /// <summary>How many of this request's own bytes the ledger keeps in a prefix.</summary>
    public long OwnKept { get; set; }

    /// <summary>The digest of this request's bytes alone.</summary>
    public Sha256Digest? MessageDigest => message?.Current();

    public Sha256Digest Digest => whole.Current();

    public byte[] HashState => whole.Save();

    public long FileOffset => whole.Length;

    public ValueTask BeforeWriteAsync(long bytes) => Writer.BeforeWriteAsync(bytes);

    public void Write(ReadOnlySpan<byte> bytes)
    {
        Writer.Write(bytes, FileOffset);
        whole.Append(bytes);
        message?.Append(bytes);
    }

    public async ValueTask DisposeAsync()
    {
        whole.Dispose();
        message?.Dispose();
        await Writer.DisposeAsync();
    }
}
