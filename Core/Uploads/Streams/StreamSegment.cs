using ChunkUpload.Core.Storage;

namespace ChunkUpload.Core.Uploads;

/// <summary>
/// The segment that a stream's bytes are appended to, with its hash and its checkpoints (E13): every so many bytes or so often, the
/// offset and the digest's state are captured, the bytes flushed, and then recorded (E9). Under a declared checksum there is no
/// checkpoint before the body's end (E15), and the byte that fills the upload waits for the body's end too, it alone (E16).
/// </summary>
internal sealed class StreamSegment(
    Upload upload, IStoredFileWriter writer, IRunningHash hash, long start, StreamAppend request, IStreamLedger ledger, WriterClaim claim,
    UploadOptions options, CheckpointSlots turns, TimeProvider time) : IBodySink, IAsyncDisposable
{
    private long _recordedAt = time.GetTimestamp();

    // For the next checkpoint, and how long after the last one it is; null until one is due and asks.
    private (CheckpointSlot Turn, TimeSpan Due)? _turn;

    // Once a checkpoint may have named the file, only the ledger decides what becomes of it (E10).
    private bool _named = start < hash.Length;

    // Made by this request, and the ledger would not have it.
    private bool _unwanted;

    // Where the stream stood before the byte that fills the upload.
    private (SavedHash Hash, Sha256Digest Digest)? _beforeLast;

    public Upload Upload => upload;

    public StoredFile File => writer.File;

    /// <summary>Set when the ledger would not take a checkpoint: the stream is not ours any more.</summary>
    public RecordAnswer? Refused { get; private set; }

    /// <summary>Bytes of the stream, recorded or not.</summary>
    public long Offset => hash.Length;

    /// <summary>Bytes of the stream that the ledger knows.</summary>
    public long Recorded { get; private set; } = hash.Length;

    public Sha256Digest Digest => hash.Current();

    private SavedHash Saved => new(hash.Length, hash.Save());

    /// <summary>Bytes of the stream that count though the body breaks off here.</summary>
    public long Standing => _beforeLast?.Hash.Length ?? Offset;

    public long Place => hash.Length - start;

    public ValueTask ReadyAsync(long bytes) => writer.ReadyAsync(bytes);

    public void Write(ReadOnlySpan<byte> bytes)
    {
        writer.Write(bytes, Place);
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

    /// <summary>Unverified bytes, and the one that fills the upload, count only at the body's end (E15, E16).</summary>
    public long? StandsAfter(long bytes) => request.Checksum is not null ? Recorded : Offset + bytes == upload.Size ? Offset + bytes - 1 : Offset + bytes;

    public TimeSpan? Patience
    {
        get
        {
            if (request.Checksum is not null || Offset == Recorded || Offset == upload.Size)
                return null;
            return UntilDue();
        }
    }

    public async ValueTask<bool> AfterReadAsync()
    {
        if (request.Checksum is not null || Offset == Recorded || Offset == upload.Size)
            return true;
        if (Offset - Recorded >= options.CheckpointBytes || UntilDue() == TimeSpan.Zero)
            await CheckpointAsync(final: false);
        return Refused is null;
    }

    /// <summary>Makes what has come durable and records it; the final one completes the upload in the same transaction.</summary>
    public Task<RecordAnswer> CheckpointAsync(bool final) => CheckpointAsync(Saved, Digest, final);

    /// <summary>The same for what counts though the body broke off.</summary>
    public Task<RecordAnswer> CheckpointStandingAsync() =>
        _beforeLast is { } before ? CheckpointAsync(before.Hash, before.Digest, final: false) : CheckpointAsync(final: false);

    private TimeSpan UntilDue()
    {
        var since = time.GetElapsedTime(_recordedAt);
        if (_turn is null && since >= options.CheckpointInterval && turns.Take() is var turn)
            _turn = (turn, since + turn.Wait);
        var due = _turn?.Due ?? options.CheckpointInterval;
        return due > since ? due - since : TimeSpan.Zero;
    }

    private void ReturnTurn()
    {
        if (_turn is { } taken)
            turns.Return(taken.Turn);
        _turn = null;
    }

    private async Task<RecordAnswer> CheckpointAsync(SavedHash saved, Sha256Digest digest, bool final)
    {
        var checkpoint = new StreamCheckpoint(upload.Id, upload.Epoch, Recorded, saved.Length, File, start, saved, digest, final) { Creates = request.Unrecorded?.New };
        // Whoever has gone by now is recorded all the same.
        await writer.FlushAsync(final, CancellationToken.None);
        var before = _named;
        _named = true;
        RecordAnswer answer;
        try
        {
            answer = await ledger.CheckpointAsync(checkpoint, CancellationToken.None);
        }
        catch
        {
            // An upload that was to be made by it has no address yet.
            if (checkpoint.Creates is null)
                claim.Unanswered(upload.Epoch);
            throw;
        }

        if (answer.Outcome == RecordOutcome.Recorded)
        {
            (Recorded, _recordedAt) = (saved.Length, time.GetTimestamp());
            ReturnTurn();
            claim.Recorded(Recorded);
            request.Unrecorded?.Recorded();
            if (request.Recorded is { } tell && !final)
                await tell(Recorded);
        }
        else
        {
            (Refused, _unwanted) = (answer, !before);
        }

        return answer;
    }

    /// <summary>
    /// Unlinks a file that this request made, unless a checkpoint has named it or may have (E1, E10). Of one that stays the room goes back that was made for
    /// what has not come: the client may never come back.
    /// </summary>
    public async Task AbandonAsync(IChunkStore store, FileRemover remover)
    {
        if (_unwanted)
            await remover.GiveUpAsync(File);
        else if (!_named)
            store.Delete(File);
        writer.Trim();
    }

    public async ValueTask DisposeAsync()
    {
        ReturnTurn();
        hash.Dispose();
        await writer.DisposeAsync();
    }
}
