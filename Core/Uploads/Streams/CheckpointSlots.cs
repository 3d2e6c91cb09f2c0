namespace ChunkUpload.Core.Uploads;

/// <summary>
/// Streams that are due for a checkpoint by time alone take turns: so many in a tick, all at its beginning, so that they share flushes of the
/// journal and a transaction. However many slow uploads there are, what they cost in a second is bounded, and what each has at stake is little,
/// because it is slow. A checkpoint for many bytes, for a body's end or for a newcomer asks for no turn, and whoever made one returns the turn that
/// it waited for: else bodies that end before theirs would put off everybody's, without end.
/// </summary>
internal sealed class CheckpointSlots(TimeProvider time)
{
    /// <summary>64 in a second.</summary>
    public const int MostInATick = 16;

    public static readonly TimeSpan Tick = TimeSpan.FromMilliseconds(250);

    private readonly Lock _gate = new();
    private readonly long _began = time.GetTimestamp();

    // Of each tick that is not over, how many turns are taken.
    private readonly Dictionary<long, int> _taken = [];

    // All between the current tick and the first are full; none has a turn that is later than the last.
    private long _current, _first, _last;

    /// <summary>Takes the next turn that is free.</summary>
    public CheckpointSlot Take()
    {
        lock (_gate)
        {
            var now = Now();
            _first = Math.Max(_first, _current);
            while (_taken.GetValueOrDefault(_first) == MostInATick)
                _first++;
            _taken[_first] = _taken.GetValueOrDefault(_first) + 1;
            _last = Math.Max(_last, _first);
            var wait = (_first * Tick) - now;
            return new CheckpointSlot(_first, wait > TimeSpan.Zero ? wait : TimeSpan.Zero);
        }
    }

    /// <summary>Somebody else's then, unless its tick has begun.</summary>
    public void Return(CheckpointSlot turn)
    {
        lock (_gate)
        {
            _ = Now();
            if (turn.Tick <= _current)
                return;
            _taken[turn.Tick]--;
            _first = Math.Min(_first, turn.Tick);
        }
    }

    private TimeSpan Now()
    {
        var now = time.GetElapsedTime(_began);
        var current = now.Ticks / Tick.Ticks;
        if (current > _last)
            _taken.Clear();
        else
            for (; _current < current; _current++)
                _ = _taken.Remove(_current);
        _current = current;
        return now;
    }
}

/// <param name="Tick">Which of them.</param>
/// <param name="Wait">How long it was until then when the turn was taken.</param>
internal readonly record struct CheckpointSlot(long Tick, TimeSpan Wait);
