using ChunkUpload.Client.Downloads;
using ChunkUpload.Client.Http;
using ChunkUpload.Client.Progress;
using ChunkUpload.Client.Retrying;

namespace ChunkUpload.Client.Projects;

/// <summary>Fetches what is missing of a file while it arrives at the service, in order.</summary>
internal sealed class ContentFollower(ServiceCalls calls, Attempts attempts, ProgressBoard board, TimeProvider time)
{
    // The service ends an answer after 20 s without a byte.
    private static readonly TimeSpan Patience = TimeSpan.FromSeconds(30);

    /// <param name="content">The content of one attempt. The bytes of an earlier attempt count: they are of the same version.</param>
    public async Task FetchAsync(RemoteFile content, PartFile part, CancellationToken stop)
    {
        board.Enter(TransferPhase.Moving);
        foreach (var gap in part.Gaps)
        {
            await new RangeReader(calls, attempts, board, content, time, Patience)
                .ReadAsync(gap.Offset, gap.Length, part.WriteAsync, stop);
        }

        board.Enter(TransferPhase.Verifying);
    }
}
