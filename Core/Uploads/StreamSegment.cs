using ChunkUpload.Core.Storage;

namespace ChunkUpload.Core.Uploads;

/// <summary>
/// The segment that a stream's bytes are appended to, with its hash and its checkpoints (E13): every so many bytes or so often, the
/// offset and the digest's state are captured, the bytes flushed, and then recorded (E9).
/// </summary>
internal sealed class StreamSegment(
    Upload upload, IStoredFileWriter writer, IRunningHash hash, IUploadLedger ledger, UploadOptions options, TimeProvider time)
    : IBodySink, IAsyncDisposable
{
    private readonly long _start = hash.Length;
    private long _recorded = hash.Length;
    private long _recordedAt = time.GetTimestamp();

    /// <summary>Set when the ledger would not take a checkpoint: the stream is not ours any more.</summary>
    public RecordAnswer? Refused { get; private set; }

    /// <summary>Whether the ledger has been told of the segment's file: from then on only the ledger decides what becomes of it (E10).</summary>
    public bool Named { get; private set; }

    /// <summary>Bytes of the stream, recorded or not.</summary>
    public long Offset => hash.Length;

    public Sha256Digest Digest => hash.Current();

    public void Write(ReadOnlySpan<byte> bytes)
    {
        writer.Write(bytes, hash.Length - _start);
        hash.Append(bytes);
    }

    public async ValueTask AfterReadAsync(CancellationToken cancellationToken)
    {
        var due = Offset - _recorded >= options.CheckpointBytes || time.GetElapsedTime(_recordedAt) >= options.CheckpointInterval;
        if (due && Offset > _recorded && Refused is null)
            await CheckpointAsync(null, CancellationToken.None);
    }

    /// <summary>Makes what has come durable and records it; with a final digest the upload is completed in the same transaction.</summary>
    public async Task<RecordAnswer> CheckpointAsync(Sha256Digest? final, CancellationToken cancellationToken)
    {
        var saved = new SavedHash(hash.Length, hash.Save());
        await writer.FlushAsync(final is not null, cancellationToken);
        var checkpoint = new StreamCheckpoint(upload.Id, upload.Epoch, _recorded, saved.Length, writer.File, _start, saved) { Final = final };
        Named = true;
        var answer = await ledger.CheckpointAsync(checkpoint, cancellationToken);
        if (answer.Outcome == RecordOutcome.Recorded)
            (_recorded, _recordedAt) = (saved.Length, time.GetTimestamp());
        else
            Refused = answer;
        return answer;
    }

    public async ValueTask DisposeAsync()
    {
        hash.Dispose();
        await writer.DisposeAsync();
    }
}
