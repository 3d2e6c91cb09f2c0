namespace ChunkUpload.Core.Uploads;

/// <summary>
/// Streams that are due for a checkpoint by time alone take turns: so many in a tick, all at its beginning, so that they share flushes of the
/// journal and a transaction. However many slow uploads there are, what they cost in a second is bounded, and what each has at stake is little,
/// because it is slow. A checkpoint for many bytes, for a body's end or for a newcomer asks for no turn.
/// </summary>
internal sealed class CheckpointTurns(TimeProvider time)
{
    /// <summary>64 in a second.</summary>
    public const int MostInATick = 16;

    public static readonly TimeSpan Tick = TimeSpan.FromMilliseconds(250);

    private readonly Lock _gate = new();
    private readonly long _began = time.GetTimestamp();
    private long _tick;
    private int _taken;

    /// <summary>Gives the next turn that is free to the caller.</summary>
    /// <returns>How long it is until then.</returns>
    public TimeSpan Take()
    {
        var now = time.GetElapsedTime(_began);
        lock (_gate)
        {
            if (now.Ticks / Tick.Ticks is var current && current > _tick)
                (_tick, _taken) = (current, 0);
            else if (_taken == MostInATick)
                (_tick, _taken) = (_tick + 1, 0);
            _taken++;
            var wait = (_tick * Tick) - now;
            return wait > TimeSpan.Zero ? wait : TimeSpan.Zero;
        }
    }
}
