using System.Diagnostics.CodeAnalysis;

namespace ChunkUpload.Client;

/// <summary>
/// Pauses and resumes a transfer, from any thread. A paused transfer has no open request; it resumes inside its files, as after a
/// kill. One control may be given to several calls.
/// </summary>
[SuppressMessage("Design", "CA1001", Justification = "A source without a timer holds nothing that must be released.")]
public sealed class TransferControl
{
    private readonly Lock _gate = new();
    private CancellationTokenSource _pausing = new();
    private TaskCompletionSource _resumed = Finished();

    /// <summary>Gets a value that indicates whether it is paused.</summary>
    public bool IsPaused
    {
        get
        {
            lock (_gate)
                return !_resumed.Task.IsCompleted;
        }
    }

    /// <summary>Ends the open requests, and starts none. Received bytes stay.</summary>
    public void Pause()
    {
        CancellationTokenSource pausing;
        lock (_gate)
        {
            if (!_resumed.Task.IsCompleted)
                return;
            _resumed = new TaskCompletionSource(TaskCreationOptions.RunContinuationsAsynchronously);
            pausing = _pausing;
        }

        pausing.Cancel();
    }

    /// <summary>Resumes the transfer.</summary>
    public void Resume()
    {
        TaskCompletionSource resumed;
        lock (_gate)
        {
            if (_resumed.Task.IsCompleted)
                return;
            // A cancelled source may still be used, so it is not disposed.
            _pausing = new CancellationTokenSource();
            resumed = _resumed;
        }

        resumed.SetResult();
    }

    /// <summary>Runs a transfer again after each pause.</summary>
    internal static async Task<T> RunAsync<T>(TransferControl? control, Func<CancellationToken, Task<T>> run, CancellationToken stop)
    {
        if (control is null)
            return await run(stop);
        while (true)
        {
            var pausing = await control.WaitAsync(stop);
            using var end = CancellationTokenSource.CreateLinkedTokenSource(stop, pausing);
            try
            {
                return await run(end.Token);
            }
            catch (OperationCanceledException) when (pausing.IsCancellationRequested && !stop.IsCancellationRequested)
            {
                // It was paused.
            }
        }
    }

    private async Task<CancellationToken> WaitAsync(CancellationToken stop)
    {
        while (true)
        {
            Task resumed;
            lock (_gate)
            {
                if (_resumed.Task.IsCompleted)
                    return _pausing.Token;
                resumed = _resumed.Task;
            }

            await resumed.WaitAsync(stop);
        }
    }

    private static TaskCompletionSource Finished()
    {
        var done = new TaskCompletionSource();
        done.SetResult();
        return done;
    }
}
