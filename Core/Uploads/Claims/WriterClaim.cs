using ChunkUpload.Core.Access;
using ChunkUpload.Core.Storage;

namespace ChunkUpload.Core.Uploads.Claims;

/// <summary>
/// A request's right to write to a stream or to a chunk. Disposing it releases the newer requests that wait: this one records nothing more.
/// </summary>
public sealed class WriterClaim : IDisposable
{
    private readonly WriterClaims _claims;
    private readonly TimeProvider _time;
    private readonly CancellationTokenSource _stop = new();
    private int _isOver;
    private long _lastProgress;
    private StoredFile? _file;
    private long? _unansweredEpoch;
    private long _epoch = long.MaxValue;

    // The offset at which the stream would stand if its writer ended now; stored as its bitwise complement once a newer request has frozen
    // it, so that TryAdvanceTo fails.
    private long _keptOffset;
    private long _recorded = -1;
    // Where the request began.
    private readonly long _first;
    private long _arrived;

    // Created by the first request that waits.
    private TaskCompletionSource? _nextRecord, _ended;

    internal WriterClaim(WriterClaims claims, Caller caller, UploadId upload, long offset, TimeProvider time, long keptOffset = 0)
    {
        (_claims, Caller, Upload, Offset, _time, _keptOffset, _first) = (claims, caller, upload, offset, time, keptOffset, keptOffset);
        _lastProgress = time.GetTimestamp();
    }

    /// <summary>Gets the caller whose request writes.</summary>
    public Caller Caller { get; }

    public UploadId Upload { get; }

    /// <summary>The upload's priority when the claim was taken.</summary>
    internal BandwidthPriority Priority { get; set; } = BandwidthPriority.Normal;

    /// <summary>The chunk's offset, or <see cref="WriterClaims.WholeStream"/>.</summary>
    public long Offset { get; }

    /// <summary>
    /// Another writer was current when this request came, or may still record or write. This request then raises the epoch and opens a new
    /// segment (E14).
    /// </summary>
    internal bool TakesOver { get; set; }

    /// <summary>The file that the writer writes to, or is about to open; set before another request could open it too (E20).</summary>
    public StoredFile? File
    {
        get
        {
            lock (_claims.Gate)
                return _file;
        }

        set
        {
            lock (_claims.Gate)
                _file = value;
        }
    }

    /// <summary>
    /// The epoch of the stream under which the request writes, once it is known. A request of another node for an earlier epoch is late
    /// and does not stop this one.
    /// </summary>
    internal long Epoch
    {
        get => Volatile.Read(ref _epoch);
        set => Volatile.Write(ref _epoch, value);
    }

    /// <summary>Fires when a newer request wants to write: keep what has come, record it, and end.</summary>
    public CancellationToken StopRequested => _stop.Token;

    // The lock of WriterClaims guards what follows up to MayStillBeRecorded.

    /// <summary>The writer that was registered before this one and has not ended, or may still be recorded.</summary>
    internal WriterClaim? Previous { get; set; }

    /// <summary>Newer requests no longer wait for this writer.</summary>
    internal bool IsSuperseded { get; set; }

    internal long FencedBelow { get; set; }

    internal bool HasEnded { get; set; }

    internal bool MayStillBeRecorded => _unansweredEpoch >= FencedBelow;

    internal bool IsAskedToStop => _stop.IsCancellationRequested;

    internal TimeSpan SilentFor => _time.GetElapsedTime(Volatile.Read(ref _lastProgress));

    internal long KeptOffset
    {
        get
        {
            var keptOffset = Volatile.Read(ref _keptOffset);
            return keptOffset < 0 ? ~keptOffset : keptOffset;
        }
    }

    internal Task WhenEnded
    {
        get
        {
            // Publish the source before reading the flag: Dispose does the two in the opposite order.
            var fresh = new TaskCompletionSource(TaskCreationOptions.RunContinuationsAsynchronously);
            var ended = Interlocked.CompareExchange(ref _ended, fresh, null) ?? fresh;
            if (Volatile.Read(ref _isOver) != 0)
                ended.TrySetResult();
            return ended.Task;
        }
    }

    /// <summary>
    /// Advances the offset that the stream keeps, before the writer takes bytes. False when a newer request has frozen the offset: that
    /// request sends these bytes itself.
    /// </summary>
    public bool TryAdvanceTo(long offset)
    {
        var keptOffset = Volatile.Read(ref _keptOffset);
        return keptOffset >= 0 && Interlocked.CompareExchange(ref _keptOffset, offset, keptOffset) == keptOffset;
    }

    /// <summary>The stream is recorded up to this offset: releases the newer requests that wait for an offset.</summary>
    public void OnRecorded(long offset)
    {
        Volatile.Write(ref _recorded, offset);
        Interlocked.Exchange(ref _nextRecord, null)?.SetResult();
    }

    /// <summary>
    /// A checkpoint of this epoch got no answer, and the ledger may still record it. The claim stays registered after its end until the
    /// epoch has risen, so that no newer request writes over bytes which that record names (E14).
    /// </summary>
    public void OnUnanswered(long epoch)
    {
        lock (_claims.Gate)
            _unansweredEpoch = epoch;
    }

    /// <param name="bytes">The number of bytes received.</param>
    public void Progress(long bytes = 0)
    {
        Volatile.Write(ref _lastProgress, _time.GetTimestamp());
        Volatile.Write(ref _arrived, _arrived + bytes);
    }

    /// <summary>Bytes that have come and are not recorded yet.</summary>
    internal long Unrecorded => Offset == WriterClaims.WholeStream
        ? Math.Max(0, KeptOffset - Math.Max(_first, Volatile.Read(ref _recorded)))
        : Volatile.Read(ref _arrived);

    /// <summary>Completes when more than this is recorded, or when the writer ends.</summary>
    internal Task WhenRecordedBeyond(long offset)
    {
        // Publish the source before reading the offset: OnRecorded does the two in the opposite order.
        var fresh = new TaskCompletionSource(TaskCreationOptions.RunContinuationsAsynchronously);
        var next = Interlocked.CompareExchange(ref _nextRecord, fresh, null) ?? fresh;
        return Volatile.Read(ref _recorded) > offset ? Task.CompletedTask : Task.WhenAny(next.Task, WhenEnded);
    }

    /// <summary>
    /// Requests the writer to stop if it is at this offset. Returns true also if the writer was requested to stop before, at any offset.
    /// </summary>
    internal bool AskToStopAt(long offset)
    {
        if (IsAskedToStop)
            return true;
        var keptOffset = Interlocked.CompareExchange(ref _keptOffset, ~offset, offset);
        if (keptOffset == offset)
            AskToStop();
        return keptOffset == offset || keptOffset < 0;
    }

    internal void AskToStop()
    {
        try
        {
            _stop.Cancel();
        }
        catch (ObjectDisposedException)
        {
            // The writer has just ended by itself.
        }
    }

    public void Dispose()
    {
        _claims.Ended(this);
        Interlocked.Exchange(ref _isOver, 1);
        Volatile.Read(ref _ended)?.TrySetResult();
        _stop.Dispose();
    }
}
