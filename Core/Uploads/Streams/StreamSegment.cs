using ChunkUpload.Core.Events;
using ChunkUpload.Core.Storage;

namespace ChunkUpload.Core.Uploads.Streams;

/// <summary>
/// The file that a stream appends to, with the running hash and the checkpoints (E13). A checkpoint captures offset and hash, flushes the
/// bytes and then records them (E9), after so many bytes or so much time. Under a declared checksum there is no checkpoint before the
/// body's end (E15). The byte that completes the upload is recorded only at the body's end, too (E16).
/// </summary>
internal sealed class StreamSegment(
    Upload upload, IStoredFileWriter writer, IRunningHash hash, long start, StreamAppend request, IStreamLedger ledger, WriterClaim claim,
    UploadOptions options, CheckpointSlots slots, UploadHub hub, TimeProvider time) : IBodySink, IAsyncDisposable
{
    private long _recordedAt = time.GetTimestamp();

    // The slot of the next checkpoint, and when it is due after the last one; null until a checkpoint asks for one.
    private (CheckpointSlot Slot, TimeSpan Due)? _slot;

    // A checkpoint may have named the file: then only the ledger decides what becomes of it (E10).
    private bool _named = start < hash.Length;

    // This request created the file, and the ledger refused it.
    private bool _unwanted;

    // False while the ledger may have recorded more than RecordedOffset: after a checkpoint that got no answer, or was refused. A
    // checkpoint that is repeated because its answer was lost may be refused although it is recorded.
    private bool _certain = true;

    // The state of the stream before the byte that completes the upload.
    private (SavedHash Hash, Sha256Digest Digest)? _beforeLast;

    public Upload Upload => upload;

    public StoredFile File => writer.File;

    /// <summary>Set when the ledger refused a checkpoint: another request has the stream, or the upload has ended.</summary>
    public RecordResult? Refused { get; private set; }

    /// <summary>Bytes of the stream, recorded or not.</summary>
    public long Offset => hash.Length;

    /// <summary>Bytes of the stream that are in the ledger.</summary>
    public long RecordedOffset { get; private set; } = hash.Length;

    public Sha256Digest Digest => hash.Current();

    private SavedHash Saved => new(hash.Length, hash.Save());

    /// <summary>The number of bytes of the stream that are kept if the body ends here early.</summary>
    public long Keepable => _beforeLast?.Hash.Length ?? Offset;

    public long FileOffset => hash.Length - start;

    public ValueTask BeforeWriteAsync(long bytes) => writer.BeforeWriteAsync(bytes);

    public void Write(ReadOnlySpan<byte> bytes)
    {
        writer.Write(bytes, FileOffset);
        if (Offset + bytes.Length == upload.Size && bytes.Length > 0)
        {
            hash.Append(bytes[..^1]);
            _beforeLast = (Saved, Digest);
            hash.Append(bytes[^1..]);
        }
        else
        {
            hash.Append(bytes);
        }

        request.Checksum?.Append(bytes);
    }

    /// <summary>Unverified bytes, and the byte that completes the upload, count only at the body's end (E15, E16).</summary>
    public long? OffsetAfter(long bytes) =>
        request.Checksum is not null ? RecordedOffset : Offset + bytes == upload.Size ? Offset + bytes - 1 : Offset + bytes;

    public TimeSpan? ReadTimeout
    {
        get
        {
            if (request.Checksum is not null || Offset == RecordedOffset || Offset == upload.Size)
                return null;
            return UntilDue();
        }
    }

    public async ValueTask<bool> AfterReadAsync()
    {
        if (request.Checksum is not null || Offset == RecordedOffset || Offset == upload.Size)
            return true;
        if (Offset - RecordedOffset >= options.CheckpointBytes || UntilDue() == TimeSpan.Zero)
            await CheckpointAsync(final: false);
        return Refused is null;
    }

    /// <summary>
    /// Makes the received bytes durable and records them. The final checkpoint completes the upload in the same transaction.
    /// </summary>
    public Task<RecordResult> CheckpointAsync(bool final) => CheckpointAsync(Saved, Digest, final);

    /// <summary>Records what is kept of a body that broke off.</summary>
    public Task<RecordResult> CheckpointKeepableAsync() =>
        _beforeLast is { } before ? CheckpointAsync(before.Hash, before.Digest, final: false) : CheckpointAsync(final: false);

    private TimeSpan UntilDue()
    {
        var since = time.GetElapsedTime(_recordedAt);
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

    private async Task<RecordResult> CheckpointAsync(SavedHash saved, Sha256Digest digest, bool final)
    {
        var checkpoint = new StreamCheckpoint(upload.Id, upload.Epoch, RecordedOffset, saved.Length, File, start, saved, digest, final)
        { Creates = request.Deferred?.New };
        // The bytes count even if the client has disconnected.
        await writer.FlushAsync(final, CancellationToken.None);
        var before = _named;
        (_named, _certain) = (true, false);
        RecordResult result;
        try
        {
            result = await ledger.CheckpointAsync(checkpoint, CancellationToken.None);
        }
        catch
        {
            // An upload that this checkpoint creates has no address yet, so that no other request can write to it.
            if (checkpoint.Creates is null)
                claim.OnUnanswered(upload.Epoch);
            throw;
        }

        if (result.Outcome == RecordOutcome.Recorded)
        {
            hub.Publish(new DurableBytes(upload, saved.Length - RecordedOffset, saved.Length));
            (RecordedOffset, _recordedAt, _certain) = (saved.Length, time.GetTimestamp(), true);
            ReturnSlot();
            claim.OnRecorded(RecordedOffset);
            request.Deferred?.MarkCreated();
            if (request.OnRecorded is { } report && !final)
                await report(RecordedOffset);
        }
        else
        {
            (Refused, _unwanted) = (result, !before);
        }

        return result;
    }

    /// <summary>
    /// Deletes the file if this request created it and no checkpoint can have named it (E1, E10). Otherwise cuts off what is not recorded,
    /// and returns the space that was reserved for bytes which did not come: the client may never return, and no quota counts these.
    /// </summary>
    public async Task CloseAsync(FileRemover remover)
    {
        if (_unwanted)
            await remover.GiveUpAsync(File);
        else if (!_named)
            remover.Discard(File);
        (writer as IPreallocatingWriter)?.Trim(_certain ? RecordedOffset - start : long.MaxValue);
    }

    public async ValueTask DisposeAsync()
    {
        ReturnSlot();
        hash.Dispose();
        await writer.DisposeAsync();
    }
}
