using ChunkUpload.Core.Storage;

namespace ChunkUpload.Core.Uploads;

/// <summary>One request's file and hash while it writes a chunk, whole or the rest of one.</summary>
internal sealed class ChunkAttempt(IStoredFileWriter writer, IRunningHash whole, IRunningHash? message, Prefix? claimed) : IBodySink,
    IAsyncDisposable
{
    public IStoredFileWriter Writer { get; } = writer;

    /// <summary>The prefix that this attempt goes on with, null for a chunk from its beginning.</summary>
    public Prefix? Claimed { get; } = claimed;

    /// <summary>Bytes of the chunk in the file: those before this request, and those it brought.</summary>
    public long Kept => whole.Length;

    /// <summary>The digest of this request's bytes alone.</summary>
    public Sha256Digest? MessageDigest => message?.Current();

    public Sha256Digest Digest => whole.Current();

    public byte[] HashState => whole.Save();

    public long Place => whole.Length;

    public ValueTask ReadyAsync(long bytes) => Writer.ReadyAsync(bytes);

    public void Write(ReadOnlySpan<byte> bytes)
    {
        Writer.Write(bytes, Place);
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
