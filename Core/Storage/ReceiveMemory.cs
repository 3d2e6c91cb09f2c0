namespace ChunkUpload.Core.Storage;

/// <summary>
/// Limits the memory for received bytes of all uploads that are not in the shared store yet. An upload that gets no memory waits, and does
/// not read from its client meanwhile. Thread-safe.
/// </summary>
public sealed class ReceiveMemory(long most)
{
    private readonly Lock _gate = new();
    private long _taken;
    private TaskCompletionSource _returned = New();

    /// <summary>Gets the number of bytes that are taken.</summary>
    public long Taken => Volatile.Read(ref _taken);

    /// <summary>Gets the largest number of bytes that were taken at once.</summary>
    public long MostTaken { get; private set; }

    /// <summary>Gets the limit.</summary>
    public long Most => most;

    /// <summary>Gets a value that indicates whether less than a quarter is left, so that uploads send what they have.</summary>
    public bool IsScarce => Taken > most / 4 * 3;

    /// <summary>Takes memory if enough is left. A request for more than the limit gets it while nothing else is taken.</summary>
    public bool TryTake(long bytes)
    {
        lock (_gate)
        {
            if (_taken > 0 && _taken + bytes > most)
                return false;
            Add(bytes);
            return true;
        }
    }

    /// <summary>Takes memory beyond the limit, for bytes that have arrived and must not be lost.</summary>
    public void Take(long bytes)
    {
        lock (_gate)
            Add(bytes);
    }

    /// <summary>Waits until enough is left, and takes it. The caller must hold none, or two callers could wait for each other.</summary>
    public async Task TakeAsync(long bytes, CancellationToken cancellationToken)
    {
        while (WhenReturned is var returned && !TryTake(bytes))
            await returned.WaitAsync(cancellationToken);
    }

    public void Return(long bytes)
    {
        TaskCompletionSource returned;
        lock (_gate)
        {
            _taken -= bytes;
            (returned, _returned) = (_returned, New());
        }

        returned.SetResult();
    }

    /// <summary>Gets a task that completes at the next return.</summary>
    public Task WhenReturned
    {
        get
        {
            lock (_gate)
                return _returned.Task;
        }
    }

    private void Add(long bytes)
    {
        _taken += bytes;
        MostTaken = Math.Max(MostTaken, _taken);
    }

    private static TaskCompletionSource New() => new(TaskCreationOptions.RunContinuationsAsynchronously);
}
