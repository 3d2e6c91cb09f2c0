using ChunkUpload.Core.Events;
using ChunkUpload.Core.Storage;
using ChunkUpload.Core.Uploads;
using Microsoft.Extensions.Logging;

namespace ChunkUpload.Core.Intake;

/// <summary>
/// Stores a file whose bytes are all in memory: one stored file, one record. It needs no claim and no checkpoints, because no client knows
/// the upload before it is complete.
/// </summary>
public sealed class SmallFileWriter(
    UploadIntake intake, IStreamLedger ledger, Stores stores, FileRemover remover, Incarnation incarnation, UploadHub hub,
    TypeCheck types, ILogger<SmallFileWriter> log)
{
    /// <param name="hash">The hash of all of the bytes.</param>
    public async Task<Result<Upload>> WriteAsync(WantedUpload wanted, ReadOnlyMemory<byte> bytes, IRunningHash hash)
    {
        if (types.AppliesTo(wanted.Caller) && TypeCheck.Refuse(wanted.ContentType, bytes.Span) is { } mismatch)
            return mismatch;
        var admitted = await intake.AdmitAsync(wanted with { Size = bytes.Length }, CancellationToken.None);
        if (!admitted.Ok)
            return admitted.Failure;
        var upload = admitted.Value;
        var isShared = stores.Reception.IsOn;
        var saved = new SavedHash(bytes.Length, hash.Save());
        var stored = default(StoredFile);
        try
        {
            stored = StoredFile.New(isShared ? stores.Reception.Store.Id : stores.Own.Id, StoredFileKind.Segment, incarnation.Id);
            // An empty file has no stored file.
            if (!bytes.IsEmpty)
                await WriteAsync(stored, bytes);
        }
        catch (StoreException exception)
        {
            UploadLog.StoreFailed(log, upload.Id, exception.Error.ToString(), 0, exception);
            // No record names the file yet (E1).
            if (stored != default)
                remover.Discard(stored);
            return UploadRefusals.Of(exception, null);
        }

        // If the outcome of the record is unknown, the file stays (E10).
        var checkpoint = new StreamCheckpoint(upload.Id, 0, 0, bytes.Length, stored, 0, saved, hash.Current(), Final: true)
        { Creates = upload, IsShared = isShared };
        var result = await ledger.CheckpointAsync(checkpoint, CancellationToken.None);
        if (result is not { Outcome: RecordOutcome.Recorded, Upload: { } recorded })
        {
            await remover.GiveUpAsync(stored);
            return UploadRefusals.Of(result, new ByteRange(0, bytes.Length));
        }

        if (!bytes.IsEmpty)
            hub.Publish(new DurableBytes(recorded, bytes.Length, recorded.ReceivedBytes));
        UploadLog.Completed(log, recorded.Id, recorded.Size);
        return recorded;
    }

    private async Task WriteAsync(StoredFile file, ReadOnlyMemory<byte> bytes)
    {
        if (stores.Reception.IsOn)
        {
            await stores.Reception.PutAsync(file, bytes, CancellationToken.None);
            return;
        }

        await using var writer = await stores.Own.CreateAsync(file, bytes.Length, CancellationToken.None);
        await writer.BeforeWriteAsync(bytes.Length);
        writer.Write(bytes.Span, 0);
        await writer.FlushAsync(final: true, CancellationToken.None);
    }
}
