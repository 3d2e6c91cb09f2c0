using ChunkUpload.Client.Http;
using ChunkUpload.Client.Progress;
using ChunkUpload.Client.Retrying;
using ChunkUpload.Client.Uploads;

namespace ChunkUpload.Client.Downloads;

/// <summary>What is read of a file at the service: its bytes, or what they decrypt to.</summary>
internal class RemoteContent(ServiceCalls calls, Attempts attempts, ProgressBoard board, RemoteFile file, TimeProvider time)
{
    public RemoteFile File { get; } = file;

    public virtual string Name => File.Name;

    public virtual long Size => File.Size;

    /// <summary>Whether each byte is verified as it comes, so that no digest has to be compared.</summary>
    public virtual bool IsAuthentic => false;

    /// <summary>What of the file at the service these ranges of the content are.</summary>
    public virtual RangeSet AtService(RangeSet ranges) => ranges;

    /// <summary>A source that has the service's digest if its content is this one.</summary>
    public virtual IUploadSource AsSource(FileSource source) => source;

    /// <param name="from">An offset in the content; in an encrypted file, the start of a chunk.</param>
    /// <param name="length">The number of bytes.</param>
    /// <param name="write">Receives the bytes at an offset, in order.</param>
    /// <param name="stop">Cancels the call.</param>
    public virtual Task ReadAsync(long from, long length, Func<long, ReadOnlyMemory<byte>, ValueTask> write, CancellationToken stop) =>
        FetchAsync(from, length, write, stop);

    protected Task FetchAsync(long from, long length, Func<long, ReadOnlyMemory<byte>, ValueTask> write, CancellationToken stop) =>
        new RangeReader(calls, attempts, board, File, time).ReadAsync(from, length, write, stop);
}
