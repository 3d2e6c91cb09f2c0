using System.IO.Pipelines;

namespace ChunkUpload.Core.Storage;

/// <summary>The end of a pipe that can receive bytes from a file without a copy.</summary>
public interface IFileTarget
{
    /// <summary>About how many bytes the target accepts without waiting.</summary>
    int Room { get; }

    /// <summary>
    /// The read failure of a file whose bytes were already accepted. Check it after their flush: the connection cannot be used then.
    /// </summary>
    StoreException? Failure { get; }

    /// <summary>Queues this range of the file as the pipe's next bytes. They are sent with the next flush.</summary>
    /// <returns>False when this is not possible; then the caller writes the bytes itself.</returns>
    bool Take(PipeWriter pipe, IStoredFileReader file, long offset, int count);

    /// <summary>
    /// Sends as many bytes as the target accepts without waiting, after everything that was written to the pipe, and returns how many. 0
    /// also when this is not possible.
    /// </summary>
    int Send(PipeWriter pipe, ReadOnlySpan<byte> bytes);
}
