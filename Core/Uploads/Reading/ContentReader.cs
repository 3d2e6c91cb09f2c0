using System.IO.Pipelines;
using ChunkUpload.Core.Access;
using ChunkUpload.Core.Audit;
using ChunkUpload.Core.Limits;
using ChunkUpload.Core.Storage;

namespace ChunkUpload.Core.Uploads.Reading;

/// <summary>Sends the content of a finished file, extent by extent, whether or not they are merged (E24).</summary>
public sealed class ContentReader(
    IUploadLedger ledger, ExtentReader extents, ContentCheck check, IBandwidthLimiter limiter, DayBook days,
    Downloads downloads)
{
    // The bytes of one read: for a client that keeps up with the reads, and for one whose bytes wait in memory.
    private const int FastReadSize = 256 << 10, SlowReadSize = 64 << 10;

    // A read that bypasses the page cache is as long as the client takes at once, within these bounds.
    private const int MinUncachedRead = 128 << 10, MaxUncachedRead = 1 << 20;

    // The bytes after which the thread is released for other work.
    private const int BytesBeforeYield = 16 << 20;

    /// <summary>
    /// Writes the range of a finished file to the pipe. If stored bytes are missing or short, it quarantines the upload and returns <see
    /// cref="UploadError.Damaged"/>. A caller that has begun its answer must then abort the connection.
    /// </summary>
    /// <returns>Null when all of the range was written.</returns>
    public async Task<UploadFailure?> CopyAsync(
        Caller caller, Upload upload, ByteRange range, PipeWriter destination, IFileTarget? socket, CancellationToken cancellationToken)
    {
        using var day = days.Begin(caller, FlowDirection.Send, range.Length, out var excess);
        if (excess is not null)
            return excess.ToFailure(upload);
        await downloads.NoteAsync(caller, upload.Id.ToString(), upload.FileName, cancellationToken);
        IBandwidthShare? share = null;
        try
        {
            var readSize = SlowReadSize;
            // The first bytes are read before the answer begins, so that a read failure can still be reported as an error.
            await extents.RequireStoresAsync(upload.Id, range, cancellationToken);
            var begun = false;
            var sinceYield = 0;
            await foreach (var extent in extents.OpenRangesAsync(upload.Id, range, cancellationToken))
            {
                for (long done = 0; done < extent.Range.Length;)
                {
                    var (at, left) = (extent.FileOffset + done, extent.Range.Length - done);
                    var past = (int)Math.Min(socket is null ? readSize : Math.Clamp(socket.Room, MinUncachedRead, MaxUncachedRead), left);
                    var got = (int)Math.Min(readSize, left);
                    if (share is not null || limiter.IsActive)
                    {
                        share ??= limiter.Begin(new Flow(
                            FlowDirection.Send, caller, Topic.Of(upload.Id), caller.PriorityFor(upload.Priority)));
                        await AwaitBandwidthAsync(share, cancellationToken);
                        (past, got) = (Math.Min(past, share.Batch), Math.Min(got, share.Batch));
                    }

                    var taken = false;
                    if (begun && extent.Reader is IUncachedReader uncached && await uncached.ReadPastCacheAsync(at, past) is { } bytes)
                    {
                        using (bytes)
                            got = Write(bytes.Bytes, destination, socket);
                    }
                    else if (begun && socket?.Take(destination, extent.Reader, at, got) == true)
                    {
                        taken = true;
                    }
                    else
                    {
                        got = await extent.Reader.ReadAsync(destination.GetMemory(got)[..got], at, cancellationToken);
                        destination.Advance(got);
                    }

                    if (got == 0)
                        throw new StoreException(
                            StoreError.Damaged, $"The file that holds bytes {extent.Range.Offset}-{extent.Range.End - 1} is too short.");
                    done += got;
                    share?.Passed(got);
                    day.Passed(got);
                    var flushing = destination.FlushAsync(cancellationToken);
                    readSize = flushing.IsCompleted ? FastReadSize : SlowReadSize;
                    var disconnected = (await flushing).IsCompleted;
                    if (taken && socket!.Failure is { } failure)
                        throw failure;
                    if (disconnected)
                        return new UploadFailure(UploadError.Interrupted, "The client has gone.") { Upload = upload };
                    begun = true;
                    // A client that never makes the pipe wait would keep this thread until the end.
                    if (flushing.IsCompleted && (sinceYield += got) >= BytesBeforeYield)
                    {
                        sinceYield = 0;
                        await Task.Yield();
                    }
                }
            }

            return null;
        }
        catch (StoreException exception)
        {
            if (exception.Error is not (StoreError.Missing or StoreError.Damaged))
                return UploadRefusals.Of(exception, upload);
            // A file that was deleted while it was sent is not damaged.
            if (await ledger.GetAsync(upload.Id, CancellationToken.None) is not { State: UploadState.Completed } now)
                return new UploadFailure(UploadError.Deleted, "The file was deleted.") { Upload = upload };
            await check.QuarantineAsync(upload.Id, exception.Message);
            return UploadRefusals.Damaged(now);
        }
        finally
        {
            share?.Dispose();
        }
    }

    private static async ValueTask AwaitBandwidthAsync(IBandwidthShare share, CancellationToken cancellationToken)
    {
        while (!await share.WaitAsync())
            cancellationToken.ThrowIfCancellationRequested();
    }

    /// <returns>How many bytes were written. Bytes that the client does not take at once wait in memory, so their number is
    /// limited.</returns>
    private static int Write(ReadOnlySpan<byte> bytes, PipeWriter destination, IFileTarget? socket)
    {
        var sent = socket?.Send(destination, bytes) ?? 0;
        var rest = bytes[sent..Math.Min(bytes.Length, socket is null ? FastReadSize : sent + SlowReadSize)];
        if (!rest.IsEmpty)
        {
            rest.CopyTo(destination.GetSpan(rest.Length));
            destination.Advance(rest.Length);
        }

        return sent + rest.Length;
    }
}
