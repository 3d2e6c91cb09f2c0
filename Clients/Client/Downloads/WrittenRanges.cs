using ChunkUpload.Client.Uploads;
using ChunkUpload.Wire;

namespace ChunkUpload.Client.Downloads;

/// <summary>What of a download is written, with a signal for the reader that follows its front.</summary>
internal sealed class WrittenRanges(IEnumerable<RangeView> ranges)
{
    private readonly Lock _gate = new();
    private readonly RangeSet _ranges = new(ranges);
    private TaskCompletionSource _changed = New();

    public void Add(long offset, long length)
    {
        TaskCompletionSource changed;
        lock (_gate)
        {
            _ranges.Add(offset, length);
            (changed, _changed) = (_changed, New());
        }

        changed.SetResult();
    }

    public RangeSet Copy()
    {
        lock (_gate)
            return new RangeSet(_ranges.Items);
    }

    /// <summary>Waits until bytes at this offset are written, and returns up to where.</summary>
    public async Task<long> FrontAsync(long offset, CancellationToken stop)
    {
        while (true)
        {
            Task changed;
            lock (_gate)
            {
                if (_ranges.Items is [{ Offset: 0 } first, ..] && first.Length > offset)
                    return first.Length;
                changed = _changed.Task;
            }

            await changed.WaitAsync(stop);
        }
    }

    private static TaskCompletionSource New() => new(TaskCreationOptions.RunContinuationsAsynchronously);
}
