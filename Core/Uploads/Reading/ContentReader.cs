using System.IO.Pipelines;
using ChunkUpload.Core.Access;
using ChunkUpload.Core.Storage;

namespace ChunkUpload.Core.Uploads;

/// <summary>Sends the content of a finished file: walks its extents, whether merged or not (E24).</summary>
public sealed class ContentReader(IUploadQueryLedger ledger, ExtentReader extents, ContentCheck check, ITransferPacer pacer)
{
    // At a time: for a client that takes bytes as fast as they are read, and for one that keeps them waiting in memory.
    private const int ForFast = 256 << 10, ForSlow = 64 << 10;

    // What is read past the page cache is read in runs as long as the client takes at once, within these bounds.
    private const int LeastPast = 128 << 10, MostPast = 1 << 20;

    // After so much the thread is somebody else's.
    private const int Turn = 16 << 20;

    /// <summary>
    /// Writes the range of a finished file to the pipe. When stored bytes are found missing or short the upload is quarantined and
    /// <see cref="UploadError.Damaged"/> comes back: whoever has begun to answer must cut the connection.
    /// </summary>
    /// <returns>Null when all of the range was written.</returns>
    public async Task<UploadFailure?> CopyAsync(
        Caller caller, Upload upload, ByteRange range, PipeWriter destination, IFileTarget? straight, CancellationToken cancellationToken)
    {
        try
        {
            var atATime = ForSlow;
            // The first bytes are read before anything is answered: what cannot be read is refused in words.
            var begun = false;
            var turn = 0;
            await foreach (var run in extents.RunsAsync(upload.Id, range, cancellationToken))
            {
                for (long done = 0; done < run.Range.Length;)
                {
                    var (at, left) = (run.FileOffset + done, run.Range.Length - done);
                    var past = (int)Math.Min(straight is null ? atATime : Math.Clamp(straight.Room, LeastPast, MostPast), left);
                    var got = (int)Math.Min(atATime, left);
                    var taken = false;
                    if (begun && run.Reader is IUncachedReader uncached && await uncached.ReadPastCacheAsync(at, past) is { } bytes)
                    {
                        using (bytes)
                            got = Write(bytes.Bytes, destination, straight);
                    }
                    else if (begun && straight?.Take(destination, run.Reader, at, got) == true)
                    {
                        taken = true;
                    }
                    else
                    {
                        got = await run.Reader.ReadAsync(destination.GetMemory(got)[..got], at, cancellationToken);
                        destination.Advance(got);
                    }

                    if (got == 0)
                        throw new StoreException(
                            StoreError.Damaged, $"The file of bytes {run.Range.Offset}-{run.Range.End - 1} is too short.");
                    done += got;
                    await pacer.SendingAsync(caller, got, cancellationToken);
                    var flushing = destination.FlushAsync(cancellationToken);
                    atATime = flushing.IsCompleted ? ForFast : ForSlow;
                    var gone = (await flushing).IsCompleted;
                    if (taken && straight!.Failure is { } failure)
                        throw failure;
                    if (gone)
                        return new UploadFailure(UploadError.Interrupted, "The client has gone.") { Upload = upload };
                    begun = true;
                    // Whoever takes all at once would keep the thread, which may read from the device, to the end.
                    if (flushing.IsCompleted && (turn += got) >= Turn)
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
            await check.QuarantineAsync(upload.Id, exception.Message);
            return UploadRefusals.Damaged(now);
        }
    }

    /// <returns>How many of them: what the client does not take at once waits in memory, and that is not to be much.</returns>
    private static int Write(ReadOnlySpan<byte> bytes, PipeWriter destination, IFileTarget? straight)
    {
        var sent = straight?.Send(destination, bytes) ?? 0;
        var rest = bytes[sent..Math.Min(bytes.Length, straight is null ? ForFast : sent + ForSlow)];
        if (!rest.IsEmpty)
        {
            rest.CopyTo(destination.GetSpan(rest.Length));
            destination.Advance(rest.Length);
        }

        return sent + rest.Length;
    }
}
