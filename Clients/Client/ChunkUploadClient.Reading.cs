using ChunkUpload.Client.Downloads;

namespace ChunkUpload.Client;

/// <content>Reading without a local file.</content>
public sealed partial class ChunkUploadClient
{
    /// <summary>
    /// Opens a file of the service as a stream that can be read at any position: only what is read is fetched, in ranges. A connection that
    /// breaks is gone on with. Another version that takes the file's place meanwhile ends it. Not for concurrent use.
    /// </summary>
    /// <param name="source">A path in the tree, or a file's or an entry's id; below a link a path in the shared folder, or nothing.</param>
    /// <param name="options">Null means the defaults.</param>
    /// <param name="cancellationToken">Ends the opening. Reads have tokens of their own.</param>
    /// <exception cref="TransferException">There is no such file, or no identity opens it, or the service cannot be asked.</exception>
    public Task<Stream> OpenReadAsync(string source, DownloadOptions? options = null, CancellationToken cancellationToken = default)
    {
        ArgumentNullException.ThrowIfNull(source);
        return RunAsync<Stream>("read", source, null, async board =>
            new RemoteReadStream(
                await new ContentFinder(_calls, AttemptsOf(board), board, options ?? new DownloadOptions(), _time)
                    .FindAsync(source.Trim('/'), cancellationToken)));
    }
}
