namespace ChunkUpload.Core.Uploads.Receiving;

/// <summary>
/// The batch of bytes that the receive loop takes next: how many must arrive before the loop is woken. A fast sender's bytes are taken in
/// large batches, because a wake-up for each packet costs as much as hashing it. A slow sender's bytes are taken as they arrive, so that no
/// large buffer is kept for it and each byte is known at once.
/// </summary>
internal sealed class ReceiveBatch(IReceiveControl? control, long? length, TimeProvider time)
{
    private const int Batch = 256 << 10;

    // For a sender of 20 MiB/s or more: a quarter of the wake-ups and writes.
    private const int LargeBatch = 1 << 20;

    // A read of this size suggests that the sender has more to send.
    private const int FastRead = 16 << 10;

    // How many small reads follow a slow batch before the next batch is tried.
    private const int SmallReads = 8;

    // A batch that takes longer comes from a sender below 5 MiB/s, a large batch from a sender below 20 MiB/s.
    private static readonly TimeSpan SlowBatch = TimeSpan.FromMilliseconds(50);

    // More than a socket holds. The kernel grows the socket's buffer to the threshold that it is given, up to the maximum of tcp_rmem.
    private const int NoWakeUp = 1 << 30;

    // A sender that fills a batch in less time gets large batches.
    private static readonly TimeSpan FastBatch = SlowBatch * Batch / LargeBatch;

    // After this time an incomplete batch is taken as it is.
    private static readonly TimeSpan BatchTimeout = TimeSpan.FromMilliseconds(200);

    private long _askedAt, _left = length ?? long.MaxValue;
    private int _wakesAt = 1, _smallReads, _batch = Batch;

    /// <summary>How many bytes a read waits for when it must wait; never more than the body still has.</summary>
    public int Size { get; private set; } = 1;

    /// <summary>The most bytes of a batch, for a sender whose bandwidth is limited.</summary>
    public int MaxSize { get; set; } = LargeBatch;

    /// <summary>Called before a read.</summary>
    /// <param name="fileOffset">The offset in the file at which the bytes of this read are written.</param>
    public void BeforeRead(long fileOffset = 0)
    {
        if (control is null)
            return;
        control.SetTarget(fileOffset, _left);
        _askedAt = time.GetTimestamp();
        if (Size == 1)
            WakeAt(1);
    }

    /// <summary>Called when no bytes are there and the read must wait.</summary>
    public void BeforeWait() => WakeAt(Size);

    /// <summary>How long to wait for the next read.</summary>
    /// <param name="sinkTimeout">How long the sink is willing to wait.</param>
    public TimeSpan ReadTimeout(TimeSpan? sinkTimeout)
    {
        if (Size == 1)
            return sinkTimeout ?? Timeout.InfiniteTimeSpan;
        return sinkTimeout < BatchTimeout ? sinkTimeout.Value : BatchTimeout;
    }

    /// <summary>Called after a read and before its bytes are processed, so that a slow disk does not make the sender look slow.</summary>
    public void AfterRead(long read, bool cancelled)
    {
        if (control is null || length is null)
            return;
        _left -= read;
        var took = time.GetElapsedTime(_askedAt);
        if (Size > Batch && took >= SlowBatch && !cancelled)
            _batch = Batch;
        else if (Size > 1 && (cancelled || took >= SlowBatch))
            (_smallReads, _batch) = (SmallReads, Batch);
        else if (_smallReads > 0)
            _smallReads--;
        else if (read >= Batch && took < FastBatch)
            _batch = LargeBatch;
        var fast = _smallReads == 0 && (Size > 1 || read >= FastRead);
        Size = fast ? (int)Math.Clamp(_left, 1, Math.Min(_batch, MaxSize)) : 1;
        // While these bytes are hashed and written, no read is pending: a notification would wake a thread for nothing.
        if (Size > 1)
            WakeAt(NoWakeUp);
    }

    /// <summary>How many bytes wait in the socket when the body ends early. They arrived and count.</summary>
    public long UnreadBytes()
    {
        if (control is null)
            return 0;
        Size = 1;
        BeforeRead();
        return control.Waiting;
    }

    /// <summary>Resets the socket's threshold for the request that follows on the connection.</summary>
    public void Reset()
    {
        Size = 1;
        BeforeRead();
    }

    private void WakeAt(int bytes)
    {
        if (control is not null && bytes != _wakesAt)
            control.WakeAt(_wakesAt = bytes);
    }
}
