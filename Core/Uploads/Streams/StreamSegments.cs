using ChunkUpload.Core.Events;
using ChunkUpload.Core.Storage;
using Microsoft.Extensions.Options;

namespace ChunkUpload.Core.Uploads.Streams;

/// <summary>Opens the segments that streams append to, with the running hash as it was at the recorded offset (E13).</summary>
public sealed class StreamSegments(
    IStreamLedger ledger, Stores stores, IRunningHashes hashes, ExtentReader extents, ContentCheck check, ContentFlusher flusher,
    FileRemover remover, Incarnation incarnation, UploadHub hub, IOptions<UploadOptions> options, TimeProvider time)
{
    private readonly CheckpointSlots _slots = new(time);

    /// <summary>
    /// Whether another process holds the epoch or wrote the last bytes. It may still be running. The writer matters also where the last
    /// segment is this process's own: another one may have raised the epoch and recorded nothing yet.
    /// </summary>
    internal bool IsOfAnotherIncarnation(StreamInspection seen) =>
        OtherWriter(seen.Upload!) is not null || (seen.Last is { } last && last.File.Incarnation != incarnation.Id);

    /// <summary>The incarnation that holds the stream's epoch, if it is not this process's own.</summary>
    internal long? OtherWriter(Upload upload) => upload.Writer is { } writer && writer != incarnation.Id ? writer : null;

    /// <summary>
    /// Opens the last segment again, or begins a new one after a takeover or a restart. The caller closes it with <see cref="CloseAsync"/>.
    /// </summary>
    internal async Task<Result<StreamSegment>> OpenAsync(
        StreamAppend request, UploadBody body, StreamInspection seen, WriterClaim claim, CancellationToken cancellationToken)
    {
        var upload = seen.Upload!;
        var hash = seen.Hash is { } saved ? hashes.Restore(saved.State) : upload.ReceivedBytes == 0 ? hashes.Start() : null;
        if (hash?.Length != upload.ReceivedBytes)
        {
            hash?.Dispose();
            // There is no saved state, or it has another machine's format: read the received bytes once.
            hash = hashes.Start();
            await extents.HashAsync(upload.Id, hash, upload.ReceivedBytes, cancellationToken);
            if (seen.Digest is { } recorded && recorded != hash.Current())
            {
                const string reason = "the bytes that are there are not the ones that were received";
                hash.Dispose();
                await check.QuarantineAsync(upload.Id, reason);
                return UploadRefusals.Damaged(upload);
            }
        }

        try
        {
            var expected = body.Length ?? (upload.Size - upload.ReceivedBytes);
            // Append to the last segment unless a previous writer may still write to its file: after a takeover, and after a restart.
            if (!stores.Reception.IsOn && !seen.IsTakenOver && seen.Last is { FileOffset: 0, File.Kind: StoredFileKind.Segment } last &&
                last.File.Incarnation == incarnation.Id && stores.IsOwn(last.File) && !flusher.IsSuspect(last.File))
            {
                var same = await stores.Own.ReopenAsync(last.File, upload.ReceivedBytes - last.Range.Offset + expected, cancellationToken);
                return Segment(same, last.Range.Offset);
            }

            // The last segment does not grow any more. Cut off what its writer did not record, and return the space reserved for it.
            if (seen.Last is { FileOffset: 0, File.Kind: StoredFileKind.Segment } previous)
                (stores.Of(previous.File) as IPreallocatingStore)?.Trim(previous.File, previous.Range.Length);
            if (stores.Reception.IsOn)
                return new ObjectSegment(upload, hash, request, ledger, claim, stores.Reception, incarnation, hub, time);
            var file = StoredFile.New(stores.Own.Id, StoredFileKind.Segment, incarnation.Id);
            var fresh = await stores.Own.CreateAsync(file, expected, cancellationToken);
            return Segment(fresh, upload.ReceivedBytes);
        }
        catch
        {
            hash.Dispose();
            throw;
        }

        StreamSegment Segment(IStoredFileWriter writer, long start)
        {
            claim.File = writer.File;
            return new FileSegment(upload, writer, hash, start, request, ledger, claim, options.Value, _slots, hub, time);
        }
    }

    internal Task CloseAsync(StreamSegment segment) => segment.CloseAsync(remover);
}
