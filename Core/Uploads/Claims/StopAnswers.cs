namespace ChunkUpload.Core.Uploads.Claims;

/// <summary>
/// Answers the requests of other nodes to stop writers of this one. A writer that is stopped flushes and records what it has, and ends, as
/// it does for a newer request at this node (E14, E18, E28).
/// </summary>
public sealed class StopAnswers(WriterClaims claims, IStreamLedger streams)
{
    public async Task<StopAnswer> AnswerAsync(StopRequest request, CancellationToken cancellationToken)
    {
        try
        {
            return request.ClaimedOffset switch
            {
                null => await claims.StopAllAsync(request.Upload, cancellationToken),
                WriterClaims.WholeStream =>
                    await claims.StopStreamAsync(request.Upload, request.At, request.Epoch, cancellationToken),
                var chunk => await claims.StopAsync(request.Upload, chunk.Value, cancellationToken),
            };
        }
        finally
        {
            // The other node is about to change the upload: the next request here reads the ledger.
            streams.ForgetRecent(request.Upload);
        }
    }
}
