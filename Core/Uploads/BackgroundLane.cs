using System.Collections.Concurrent;
using System.Threading.Channels;
using Microsoft.Extensions.Logging;

namespace ChunkUpload.Core.Uploads;

/// <summary>
/// One kind of work on uploads, by a few workers. One upload is worked on by one of them at a time; a signal that comes meanwhile makes
/// it come round again.
/// </summary>
internal sealed class BackgroundLane(Func<UploadId, CancellationToken, Task> work, int workers, TimeProvider time, ILogger log) : IDisposable
{
    private static readonly TimeSpan RetryAfterFailure = TimeSpan.FromSeconds(5);

    private readonly Channel<UploadId> _queue = Channel.CreateUnbounded<UploadId>();
    private readonly ConcurrentDictionary<UploadId, Turn> _turns = new();
    private readonly CancellationTokenSource _stop = new();
    private Task _running = Task.CompletedTask;

    public int Depth => _turns.Count;

    /// <returns>Ends when a turn that began after this call has ended.</returns>
    public Task Signal(UploadId id)
    {
        while (true)
        {
            var turn = _turns.GetOrAdd(id, static _ => new Turn());
            lock (turn)
            {
                if (turn.Over)
                    continue;
                if (turn is { Queued: false, Working: false })
                {
                    turn.Queued = true;
                    _queue.Writer.TryWrite(id);
                }

                turn.Again |= turn.Working;
                return turn.Next.Task;
            }
        }
    }

    public void Start() => _running = Task.WhenAll(Enumerable.Range(0, workers).Select(_ => Task.Run(WorkAsync, CancellationToken.None)));

    public async Task StopAsync()
    {
        await _stop.CancelAsync();
        _queue.Writer.TryComplete();
        await _running;
    }

    public void Dispose() => _stop.Dispose();

    private async Task WorkAsync()
    {
        try
        {
            await foreach (var id in _queue.Reader.ReadAllAsync(_stop.Token))
                await TakeTurnAsync(id);
        }
        catch (OperationCanceledException)
        {
        }
    }

    private async Task TakeTurnAsync(UploadId id)
    {
        if (!_turns.TryGetValue(id, out var turn))
            return;
        TaskCompletionSource mine;
        lock (turn)
        {
            (turn.Queued, turn.Working, turn.Again) = (false, true, false);
            (mine, turn.Next) = (turn.Next, new(TaskCreationOptions.RunContinuationsAsynchronously));
        }

        var failed = false;
        try
        {
            await work(id, _stop.Token);
        }
        catch (OperationCanceledException) when (_stop.IsCancellationRequested)
        {
        }
        catch (Exception exception)
        {
            // A worker must outlive whatever one upload does to it.
            failed = true;
            UploadLog.BackgroundFailed(log, id, exception);
        }

        lock (turn)
        {
            turn.Working = false;
            if (turn.Again && !failed)
            {
                turn.Queued = true;
                _queue.Writer.TryWrite(id);
            }
            else if (failed && !_stop.IsCancellationRequested)
            {
                turn.Queued = true;
                _ = ComeBackAsync(id);
            }
            else
            {
                turn.Over = true;
                turn.Next.TrySetResult();
                _turns.TryRemove(new KeyValuePair<UploadId, Turn>(id, turn));
            }
        }

        mine.TrySetResult();
    }

    private async Task ComeBackAsync(UploadId id)
    {
        try
        {
            await Task.Delay(RetryAfterFailure, time, _stop.Token);
            _queue.Writer.TryWrite(id);
        }
        catch (OperationCanceledException)
        {
        }
    }

    private sealed class Turn
    {
        public bool Queued { get; set; }
        public bool Working { get; set; }
        public bool Again { get; set; }
        public bool Over { get; set; }
        public TaskCompletionSource Next { get; set; } = new(TaskCreationOptions.RunContinuationsAsynchronously);
    }
}
