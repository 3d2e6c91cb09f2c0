namespace ChunkUpload.Core.Uploads.Streams;

/// <summary>
/// Limits how many streams make a checkpoint for reasons of time. Each tick has a fixed number of slots, and all checkpoints of a tick run
/// at its beginning, so that they share journal flushes and a transaction. This bounds the cost of any number of slow uploads; each of them
/// risks few bytes, because it is slow. A checkpoint that is due because of its bytes, the body's end or a takeover needs no slot. A stream
/// returns an unused slot, so that bodies which end early do not delay the others.
/// </summary>
internal sealed class CheckpointSlots(TimeProvider time)
{
    /// <summary>64 in a second.</summary>
    public const int MostInATick = 16;

    public static readonly TimeSpan Tick = TimeSpan.FromMilliseconds(250);

    private readonly Lock _gate = new();
    private readonly long _began = time.GetTimestamp();

    // The number of slots taken in each tick that is not over.
    private readonly Dictionary<long, int> _taken = [];

    // Every tick from the current one up to _first is full. No slot after _last is taken.
    private long _current, _first, _last;

    /// <summary>Takes the next free slot.</summary>
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

    /// <summary>Frees the slot for another stream, unless its tick has begun.</summary>
    public void Return(CheckpointSlot slot)
    {
        lock (_gate)
        {
            _ = Now();
            if (slot.Tick <= _current)
                return;
            _taken[slot.Tick]--;
            _first = Math.Min(_first, slot.Tick);
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

/// <param name="Tick">The number of the tick.</param>
/// <param name="Wait">The time from taking the slot until its tick begins.</param>
internal readonly record struct CheckpointSlot(long Tick, TimeSpan Wait);
