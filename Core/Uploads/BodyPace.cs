namespace ChunkUpload.Core.Uploads;

/// <summary>
/// For how many bytes of a body to be woken. A fast sender's are taken in large runs: to be woken for each of its packets costs as much
/// as hashing them. A slow sender's are taken as they come, so that no large block is kept for it and each of its bytes is known at once.
/// </summary>
internal sealed class BodyPace(IBodyArrival? arrival, long? length, TimeProvider time)
{
    private const int Run = 256 << 10;

    // For a sender of 20 MiB/s or more: to be woken, and to write, a quarter as often.
    private const int LongRun = 1 << 20;

    // As much in one read is a sender with more behind it.
    private const int Much = 16 << 10;

    // How many reads are taken as they come before a slow sender is tried again.
    private const int Rest = 8;

    // A run that takes longer is a sender of less than 5 MiB/s, a long one of less than 20.
    private static readonly TimeSpan Long = TimeSpan.FromMilliseconds(50);

    // More than a socket holds. For what a socket is told to wait for the kernel makes room in it: it may hold as much as any (tcp_rmem) from then on.
    private const int Never = 1 << 30;

    // A run that takes no longer is a sender for long ones.
    private static readonly TimeSpan Short = Long * Run / LongRun;

    // After so long a run is taken as far as it has come.
    private static readonly TimeSpan TooLong = TimeSpan.FromMilliseconds(200);

    private long _askedAt, _left = length ?? long.MaxValue;
    private int _wakesAt = 1, _rest, _run = Run;

    /// <summary>When a read must wait, for how many bytes; never for more than are still to come.</summary>
    public int Next { get; private set; } = 1;

    /// <summary>Before a read.</summary>
    /// <param name="place">Where in its file what it brings will lie.</param>
    public void Ask(long place = 0)
    {
        if (arrival is null)
            return;
        arrival.SetTarget(place, _left);
        _askedAt = time.GetTimestamp();
        if (Next == 1)
            WakeAt(1);
    }

    /// <summary>When a read must wait after all.</summary>
    public void Wait() => WakeAt(Next);

    /// <summary>How long to wait for the next read.</summary>
    /// <param name="sink">How long the sink would wait.</param>
    public TimeSpan Patience(TimeSpan? sink)
    {
        if (Next == 1)
            return sink ?? Timeout.InfiniteTimeSpan;
        return sink < TooLong ? sink.Value : TooLong;
    }

    /// <summary>After a read, and before anything is done with it: the sender is not to blame for a slow disk.</summary>
    public void Took(long read, bool cancelled)
    {
        if (arrival is null || length is null)
            return;
        _left -= read;
        var took = time.GetElapsedTime(_askedAt);
        if (Next > Run && took >= Long && !cancelled)
            _run = Run;
        else if (Next > 1 && (cancelled || took >= Long))
            (_rest, _run) = (Rest, Run);
        else if (_rest > 0)
            _rest--;
        else if (read >= Run && took < Short)
            _run = LongRun;
        var fast = _rest == 0 && (Next > 1 || read >= Much);
        Next = fast ? (int)Math.Clamp(_left, 1, _run) : 1;
        // While its bytes are hashed and written nobody waits for more: news of them would wake a thread for nothing.
        if (Next > 1)
            WakeAt(Never);
    }

    /// <summary>How many bytes wait in the socket of one that ends: they came, and count (E14).</summary>
    public long Left()
    {
        if (arrival is null)
            return 0;
        Next = 1;
        Ask();
        return arrival.Waiting;
    }

    /// <summary>What comes after this body is not its business.</summary>
    public void End()
    {
        Next = 1;
        Ask();
    }

    private void WakeAt(int bytes)
    {
        if (arrival is not null && bytes != _wakesAt)
            arrival.WakeAt(_wakesAt = bytes);
    }
}
