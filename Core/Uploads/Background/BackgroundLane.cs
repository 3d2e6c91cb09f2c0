using System.Collections.Concurrent;
using System.Threading.Channels;
using Microsoft.Extensions.Logging;

namespace ChunkUpload.Core.Uploads;

/// <summary>
/// One kind of work on uploads, by a few workers. One upload is worked on by one of them at a time. After a turn the upload rests: what
/// is signalled meanwhile is done together when the rest is over, so that a thousand small chunks cost a few turns and not a thousand.
/// </summary>
internal sealed class BackgroundLane(
    Func<UploadId, CancellationToken, Task> work, int workers, TimeSpan rest, TimeProvider time, ILogger log)
    : IDisposable
{
    private static readonly TimeSpan RetryAfterFailure = TimeSpan.FromSeconds(5);

    private readonly Channel<UploadId> _queue = Channel.CreateUnbounded<UploadId>();
    private readonly ConcurrentDictionary<UploadId, Turn> _turns = new();
    private readonly CancellationTokenSource _stop = new();
    private Task _running = Task.CompletedTask;

    /// <summary>How many uploads have something to be done.</summary>
    public int Depth => _turns.Count(turn => turn.Value.Waits);

    /// <param name="hurry">Somebody waits for it: no rest.</param>
    /// <returns>Ends when a turn that began after this call has ended.</returns>
    public Task Signal(UploadId id, bool hurry = false)
    {
        while (true)
        {
            var turn = _turns.GetOrAdd(id, static _ => new Turn());
            lock (turn)
            {
                if (turn.State == TurnState.Over)
                    continue;
                turn.Again = true;
                turn.Hurry |= hurry;
                if (turn.State == TurnState.New || (turn.State == TurnState.Resting && hurry))
                    Enqueue(id, turn);
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
            (turn.State, turn.Again, turn.Hurry) = (TurnState.Working, false, false);
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
            turn.Again |= failed;
            var pause = failed ? RetryAfterFailure : rest;
            if (pause > TimeSpan.Zero && !(turn.Hurry && !failed) && !_stop.IsCancellationRequested)
            {
                turn.State = TurnState.Resting;
                _ = RestAsync(id, turn, pause);
            }
            else
            {
                GoOn(id, turn);
            }
        }

        mine.TrySetResult();
    }

    private async Task RestAsync(UploadId id, Turn turn, TimeSpan pause)
    {
        var round = turn.Round;
        try
        {
            await Task.Delay(pause, time, _stop.Token);
        }
        catch (OperationCanceledException)
        {
            return;
        }

        lock (turn)
        {
            // Somebody who hurried may have ended this rest, and the next one may have begun.
            if (turn.State == TurnState.Resting && turn.Round == round)
                GoOn(id, turn);
        }
    }

    private void GoOn(UploadId id, Turn turn)
    {
        if (turn.Again)
        {
            Enqueue(id, turn);
            return;
        }

        turn.State = TurnState.Over;
        turn.Next.TrySetResult();
        _turns.TryRemove(new KeyValuePair<UploadId, Turn>(id, turn));
    }

    private void Enqueue(UploadId id, Turn turn)
    {
        turn.State = TurnState.Queued;
        turn.Round++;
        _queue.Writer.TryWrite(id);
    }

    private enum TurnState
    {
        New,
        Queued,
        Working,
        Resting,
        Over,
    }

    private sealed class Turn
    {
        public TurnState State { get; set; }
        public bool Again { get; set; }
        public bool Hurry { get; set; }
        public long Round { get; set; }
        public bool Waits => State is TurnState.New or TurnState.Queued or TurnState.Working || Again;
        public TaskCompletionSource Next { get; set; } = new(TaskCreationOptions.RunContinuationsAsynchronously);
    }
}
