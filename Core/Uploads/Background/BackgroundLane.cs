using System.Collections.Concurrent;
using System.Threading.Channels;
using Microsoft.Extensions.Logging;

namespace ChunkUpload.Core.Uploads.Background;

/// <summary>
/// A queue of uploads for one kind of background work, served by a few workers. At most one worker works on an upload. After a pass the
/// upload rests; requests that arrive meanwhile share the next pass, so that a thousand small chunks cost a few passes.
/// </summary>
internal sealed class BackgroundLane(
    Func<UploadId, CancellationToken, Task> work, int workers, TimeSpan rest, TimeProvider time, ILogger log)
    : IDisposable
{
    private static readonly TimeSpan RetryAfterFailure = TimeSpan.FromSeconds(5);

    private readonly Channel<UploadId> _queue = Channel.CreateUnbounded<UploadId>();
    private readonly ConcurrentDictionary<UploadId, QueuedUpload> _uploads = new();
    private readonly CancellationTokenSource _stop = new();
    private Task _running = Task.CompletedTask;

    /// <summary>How many uploads have work to do.</summary>
    public int Depth => _uploads.Count(upload => upload.Value.HasWork);

    /// <param name="urgent">A client waits for the result, so the upload does not rest.</param>
    /// <returns>Completes when a pass that began after this call has ended.</returns>
    public Task Schedule(UploadId id, bool urgent = false)
    {
        while (true)
        {
            var upload = _uploads.GetOrAdd(id, static _ => new QueuedUpload());
            lock (upload)
            {
                if (upload.State == PassState.Done)
                    continue;
                upload.Again = true;
                upload.Urgent |= urgent;
                if (upload.State == PassState.New || (upload.State == PassState.Resting && urgent))
                    Enqueue(id, upload);
                return upload.Next.Task;
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
                await RunPassAsync(id);
        }
        catch (OperationCanceledException)
        {
        }
    }

    private async Task RunPassAsync(UploadId id)
    {
        if (!_uploads.TryGetValue(id, out var upload))
            return;
        TaskCompletionSource current;
        lock (upload)
        {
            (upload.State, upload.Again, upload.Urgent) = (PassState.Working, false, false);
            (current, upload.Next) = (upload.Next, new(TaskCreationOptions.RunContinuationsAsynchronously));
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
            // A failure of one upload must not end the worker.
            failed = true;
            UploadLog.BackgroundFailed(log, id, exception);
        }

        lock (upload)
        {
            upload.Again |= failed;
            var pause = failed ? RetryAfterFailure : rest;
            if (pause > TimeSpan.Zero && !(upload.Urgent && !failed) && !_stop.IsCancellationRequested)
            {
                upload.State = PassState.Resting;
                _ = RestAsync(id, upload, pause);
            }
            else
            {
                Continue(id, upload);
            }
        }

        current.TrySetResult();
    }

    private async Task RestAsync(UploadId id, QueuedUpload upload, TimeSpan pause)
    {
        var passNumber = upload.PassNumber;
        try
        {
            await Task.Delay(pause, time, _stop.Token);
        }
        catch (OperationCanceledException)
        {
            return;
        }

        lock (upload)
        {
            // An urgent request may have ended this rest, and the next rest may have begun.
            if (upload.State == PassState.Resting && upload.PassNumber == passNumber)
                Continue(id, upload);
        }
    }

    private void Continue(UploadId id, QueuedUpload upload)
    {
        if (upload.Again)
        {
            Enqueue(id, upload);
            return;
        }

        upload.State = PassState.Done;
        upload.Next.TrySetResult();
        _uploads.TryRemove(new KeyValuePair<UploadId, QueuedUpload>(id, upload));
    }

    private void Enqueue(UploadId id, QueuedUpload upload)
    {
        upload.State = PassState.Queued;
        upload.PassNumber++;
        _queue.Writer.TryWrite(id);
    }

    private enum PassState
    {
        New,
        Queued,
        Working,
        Resting,
        Done,
    }

    private sealed class QueuedUpload
    {
        public PassState State { get; set; }
        public bool Again { get; set; }
        public bool Urgent { get; set; }
        public long PassNumber { get; set; }
        public bool HasWork => State is PassState.New or PassState.Queued or PassState.Working || Again;
        public TaskCompletionSource Next { get; set; } = new(TaskCreationOptions.RunContinuationsAsynchronously);
    }
}
