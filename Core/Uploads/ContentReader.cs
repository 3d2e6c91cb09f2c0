using System.IO.Pipelines;
using ChunkUpload.Core.Storage;
using Microsoft.Extensions.Logging;

namespace ChunkUpload.Core.Uploads;

/// <summary>Sends the content of a finished file: walks its pieces, whether merged or not (E24).</summary>
public sealed class ContentReader(IUploadLedger ledger, PieceReader pieces, ILogger<ContentReader> log)
{
    // At a time: for a client that takes bytes as fast as they are read, and for one that keeps them waiting in memory.
    private const int ForFast = 256 << 10, ForSlow = 64 << 10;

    // After so much the thread is somebody else's.
    private const int Turn = 4 << 20;

    /// <summary>
    /// Writes the range of a finished file to the pipe. When stored bytes are found missing or short the upload is quarantined and
    /// <see cref="UploadError.Damaged"/> comes back: whoever has begun to answer must cut the connection.
    /// </summary>
    /// <returns>Null when all of the range was written.</returns>
    public async Task<UploadFailure?> CopyAsync(Upload upload, ByteRange range, PipeWriter destination, IFileTarget? straight, CancellationToken cancellationToken)
    {
        try
        {
            var atATime = ForSlow;
            // The first bytes are read before anything is answered: what cannot be read is refused in words.
            var begun = false;
            var turn = 0;
            await foreach (var run in pieces.RunsAsync(upload.Id, range, cancellationToken))
            {
                for (long done = 0; done < run.Range.Length;)
                {
                    var got = (int)Math.Min(atATime, run.Range.Length - done);
                    var taken = begun && straight?.Take(destination, run.Reader, run.FileOffset + done, got) == true;
                    if (!taken)
                    {
                        got = await run.Reader.ReadAsync(destination.GetMemory(got)[..got], run.FileOffset + done, cancellationToken);
                        if (got == 0)
                            throw new StoreException(StoreError.Damaged, $"The file of bytes {run.Range.Offset}-{run.Range.End - 1} is too short.");
                        destination.Advance(got);
                    }

                    done += got;
                    var flushing = destination.FlushAsync(cancellationToken);
                    atATime = flushing.IsCompleted ? ForFast : ForSlow;
                    var gone = (await flushing).IsCompleted;
                    if (taken && straight!.Failure is { } failure)
                        throw failure;
                    if (gone)
                        return new UploadFailure(UploadError.Interrupted, "The client has gone.") { Upload = upload };
                    begun = true;
                    // Whoever takes all at once would keep the thread, which may read from the device, to the end.
                    if (flushing.IsCompleted && taken && (turn += got) >= Turn)
                    {
                        turn = 0;
                        await Task.Yield();
                    }
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
