using System.IO.Pipelines;
using ChunkUpload.Core.Storage;
using Microsoft.Extensions.Logging;

namespace ChunkUpload.Core.Uploads;

/// <summary>Sends the content of a finished file: walks its pieces, whether merged or not (E24).</summary>
public sealed class ContentReader(IUploadLedger ledger, PieceReader pieces, ILogger<ContentReader> log)
{
    // At a time: for a client that takes bytes as fast as they are read, and for one that keeps them waiting in memory.
    private const int ForFast = 256 << 10, ForSlow = 64 << 10;

    /// <summary>
    /// Writes the range of a finished file to the pipe. When stored bytes are found missing or short the upload is quarantined and
    /// <see cref="UploadError.Damaged"/> comes back: whoever has begun to answer must cut the connection.
    /// </summary>
    /// <returns>Null when all of the range was written.</returns>
    public async Task<UploadFailure?> CopyAsync(Upload upload, ByteRange range, PipeWriter destination, CancellationToken cancellationToken)
    {
        try
        {
            var atATime = ForSlow;
            await foreach (var run in pieces.RunsAsync(upload.Id, range, cancellationToken))
            {
                for (long done = 0; done < run.Range.Length;)
                {
                    var memory = destination.GetMemory(atATime);
                    if (memory.Length > run.Range.Length - done)
                        memory = memory[..(int)(run.Range.Length - done)];
                    var got = await run.Reader.ReadAsync(memory, run.FileOffset + done, cancellationToken);
                    if (got == 0)
                        throw new StoreException(StoreError.Damaged, $"The file of bytes {run.Range.Offset}-{run.Range.End - 1} is too short.");
                    destination.Advance(got);
                    done += got;
                    var flushing = destination.FlushAsync(cancellationToken);
                    atATime = flushing.IsCompleted ? ForFast : ForSlow;
                    if ((await flushing).IsCompleted)
                        return new UploadFailure(UploadError.Interrupted, "The client has gone.") { Upload = upload };
                }
            }

            return null;
        }
        catch (StoreException exception)
        {
            if (exception.Error is not (StoreError.Missing or StoreError.Damaged))
                return UploadRules.Of(exception, upload);
            // A file that was deleted while it was being sent is no damage.
            if (await ledger.GetAsync(upload.Id, CancellationToken.None) is not { State: UploadState.Completed } now)
                return new UploadFailure(UploadError.Deleted, "The file was deleted.") { Upload = upload };
            UploadLog.Damaged(log, upload.Id, exception.Message);
            await ledger.MarkDamagedAsync(upload.Id, exception.Message, CancellationToken.None);
            return UploadRules.Damaged(now);
        }
    }
}
