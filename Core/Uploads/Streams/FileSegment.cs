using ChunkUpload.Core.Events;
using ChunkUpload.Core.Storage;

namespace ChunkUpload.Core.Uploads.Streams;

/// <summary>A file on the disk that a stream appends to. A checkpoint flushes it.</summary>
internal sealed class FileSegment(
    Upload upload, IStoredFileWriter writer, IRunningHash hash, long start, StreamAppend request, IStreamLedger ledger, WriterClaim claim,
    UploadOptions options, CheckpointSlots slots, UploadHub hub, TimeProvider time)
    : StreamSegment(upload, hash, request, ledger, claim, hub, time)
{
    private readonly TimeProvider _time = time;

    // The slot of the next checkpoint, and when it is due after the last one; null until a checkpoint asks for one.
    private (CheckpointSlot Slot, TimeSpan Due)? _slot;

    // A checkpoint may have named the file: then only the ledger decides what becomes of it (E10).
    private bool _named = start < hash.Length;

    // This request created the file, and the ledger refused it.
    private bool _unwanted;

    public override StoredFile File => writer.File;

    public override long FileOffset => Offset - start;

    public override TimeSpan? ReadTimeout => MayRecord ? UntilDue() : null;

    public override ValueTask BeforeWriteAsync(long bytes) => writer.BeforeWriteAsync(bytes);

    public override async ValueTask<bool> AfterReadAsync()
    {
        if (!MayRecord)
            return true;
        if (Offset - RecordedOffset >= options.CheckpointBytes || UntilDue() == TimeSpan.Zero)
            await CheckpointAsync(final: false);
        return Refused is null;
    }

    /// <summary>
    /// Deletes the file if this request created it and no checkpoint can have named it (E1, E10). Otherwise cuts off what is not recorded,
    /// and returns the space that was reserved for bytes which did not come: the client may never return, and no quota counts these.
    /// </summary>
    public override async Task CloseAsync(FileRemover remover)
    {
        if (_unwanted)
            await remover.GiveUpAsync(File);
        else if (!_named)
            remover.Discard(File);
        (writer as IPreallocatingWriter)?.Trim(IsCertain ? RecordedOffset - start : long.MaxValue);
    }

    public override async ValueTask DisposeAsync()
    {
        ReturnSlot();
        await base.DisposeAsync();
        await writer.DisposeAsync();
    }

    protected override void Store(ReadOnlySpan<byte> bytes) => writer.Write(bytes, FileOffset);

    protected override async Task<RecordResult> CheckpointAsync(SavedHash saved, Sha256Digest digest, bool final)
    {
        // The bytes count even if the client has disconnected.
        await writer.FlushAsync(final, CancellationToken.None);
        var before = _named;
        _named = true;
        var result = await RecordAsync(File, start, saved, digest, final);
        if (result.Outcome == RecordOutcome.Recorded)
            ReturnSlot();
        else
            _unwanted = !before;
        return result;
    }

    private TimeSpan UntilDue()
    {
        var since = _time.GetElapsedTime(RecordedAt);
        if (_slot is null && since >= options.CheckpointInterval && slots.Take() is var slot)
            _slot = (slot, since + slot.Wait);
        var due = _slot?.Due ?? options.CheckpointInterval;
        return due > since ? due - since : TimeSpan.Zero;
    }

    private void ReturnSlot()
    {
        if (_slot is { } taken)
            slots.Return(taken.Slot);
        _slot = null;
    }
}
