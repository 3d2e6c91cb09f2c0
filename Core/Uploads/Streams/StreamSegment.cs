using ChunkUpload.Core.Events;
using ChunkUpload.Core.Storage;

namespace ChunkUpload.Core.Uploads.Streams;

/// <summary>
/// Where a stream's bytes are stored, with the running hash and the checkpoints (E13). A checkpoint captures offset and hash, makes the
/// bytes durable and then records them (E9), after a number of bytes or a time. Under a declared checksum there is no checkpoint before
/// the body's end (E15). The byte that completes the upload is recorded only at the body's end, too (E16).
/// </summary>
internal abstract class StreamSegment(
    Upload upload, IRunningHash hash, StreamAppend request, IStreamLedger ledger, WriterClaim claim, UploadHub hub, TimeProvider time)
    : IBodySink, IAsyncDisposable
{
    // The state of the stream before the byte that completes the upload.
    private (SavedHash Hash, Sha256Digest Digest)? _beforeLast;

    public Upload Upload => upload;

    /// <summary>The file that the next bytes go to.</summary>
    public abstract StoredFile File { get; }

    /// <summary>Set when the ledger refused a checkpoint: another request has the stream, or the upload has ended.</summary>
    public RecordResult? Refused { get; private set; }

    /// <summary>Bytes of the stream, recorded or not.</summary>
    public long Offset => hash.Length;

    /// <summary>Bytes of the stream that are in the ledger.</summary>
    public long RecordedOffset { get; private set; } = hash.Length;

    public Sha256Digest Digest => hash.Current();

    /// <summary>The number of bytes of the stream that are kept if the body ends here early.</summary>
    public long Keepable => _beforeLast?.Hash.Length ?? Offset;

    public virtual long FileOffset => 0;

    public abstract TimeSpan? ReadTimeout { get; }

    protected SavedHash Saved => new(hash.Length, hash.Save());

    /// <summary>Gets a value that indicates whether what has come may be recorded before the body's end.</summary>
    protected bool MayRecord => request.Checksum is null && Offset > RecordedOffset && Offset != upload.Size;

    protected bool HasChecksum => request.Checksum is not null;

    /// <summary>
    /// False while the ledger may have recorded more than RecordedOffset: after a checkpoint that got no answer, or was refused. A
    /// checkpoint that is repeated because its answer was lost may be refused although it is recorded.
    /// </summary>
    protected bool IsCertain { get; private set; } = true;

    /// <summary>When the last checkpoint was recorded.</summary>
    protected long RecordedAt { get; private set; } = time.GetTimestamp();

    public abstract ValueTask BeforeWriteAsync(long bytes);

    public void Write(ReadOnlySpan<byte> bytes)
    {
        Store(bytes);
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

    public abstract ValueTask<bool> AfterReadAsync();

    /// <summary>
    /// Makes the received bytes durable and records them. The final checkpoint completes the upload in the same transaction.
    /// </summary>
    public Task<RecordResult> CheckpointAsync(bool final) => CheckpointAsync(Saved, Digest, final);

    /// <summary>Records what is kept of a body that broke off.</summary>
    public Task<RecordResult> CheckpointKeepableAsync() =>
        _beforeLast is { } before ? CheckpointAsync(before.Hash, before.Digest, final: false) : CheckpointAsync(final: false);

    /// <summary>Deletes what this request has stored and no checkpoint can have named (E1, E10).</summary>
    public abstract Task CloseAsync(FileRemover remover);

    public virtual ValueTask DisposeAsync()
    {
        hash.Dispose();
        return default;
    }

    /// <summary>Takes the bytes that follow.</summary>
    protected abstract void Store(ReadOnlySpan<byte> bytes);

    protected abstract Task<RecordResult> CheckpointAsync(SavedHash saved, Sha256Digest digest, bool final);

    /// <summary>Records bytes that are durable.</summary>
    /// <param name="start">Where the bytes of the file begin in the stream.</param>
    protected async Task<RecordResult> RecordAsync(
        StoredFile file, long start, SavedHash saved, Sha256Digest digest, bool final, bool isShared = false)
    {
        var checkpoint = new StreamCheckpoint(upload.Id, upload.Epoch, RecordedOffset, saved.Length, file, start, saved, digest, final)
        { Creates = request.Deferred?.New, IsShared = isShared };
        IsCertain = false;
        RecordResult result;
        try
        {
            // The bytes count even if the client has disconnected.
            result = await ledger.CheckpointAsync(checkpoint, CancellationToken.None);
        }
        catch
        {
            // An upload that this checkpoint creates has no address yet, so that no other request can write to it.
            if (checkpoint.Creates is null)
                claim.OnUnanswered(upload.Epoch);
            throw;
        }

        if (result.Outcome != RecordOutcome.Recorded)
        {
            Refused = result;
            return result;
        }

        hub.Publish(new DurableBytes(upload, saved.Length - RecordedOffset, saved.Length));
        (RecordedOffset, RecordedAt, IsCertain) = (saved.Length, time.GetTimestamp(), true);
        claim.OnRecorded(RecordedOffset);
        request.Deferred?.MarkCreated();
        if (request.OnRecorded is { } report && !final)
            await report(RecordedOffset);
        return result;
    }
}
