using System.Collections.Concurrent;
using System.Runtime.ExceptionServices;
using System.Threading.Channels;
using ChunkUpload.Core.Hosting;
using ChunkUpload.Core.Storage;
using Microsoft.Extensions.Logging;
using Microsoft.Extensions.Options;

namespace ChunkUpload.Core.Uploads;

/// <summary>
/// What goes on beside the requests: hashing the front, merging chunks, freeing what has ended. One upload is worked on by one worker
/// at a time; a signal that comes meanwhile makes it come round again. Nothing here is needed for an answer to be true.
/// </summary>
public sealed class BackgroundWork(
    IUploadLedger ledger, ContentCheck check, ChunkMerger merger, FrontHasher hasher, FileRemover remover, IOptions<UploadOptions> options,
    TimeProvider time, ILogger<BackgroundWork> log) : IStartStep, IDisposable
{
    private static readonly TimeSpan RetryAfterFailure = TimeSpan.FromSeconds(5);

    private readonly Channel<UploadId> _queue = Channel.CreateUnbounded<UploadId>();
    private readonly ConcurrentDictionary<UploadId, Turn> _turns = new();
    private readonly CancellationTokenSource _stop = new();
    private Task _running = Task.CompletedTask;

    public int Order => StartOrder.Background;

    public string Name => "background work";

    /// <summary>How many uploads wait for a worker or are being worked on.</summary>
    public int Depth => _turns.Count;

    /// <summary>Something of this upload may be to do. Cheap, and idempotent until a worker has begun.</summary>
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

    /// <summary>Signals every upload that has work left: after a start, and now and then.</summary>
    /// <returns>How many.</returns>
    public async Task<int> SignalPendingAsync(CancellationToken cancellationToken)
    {
        const int page = 500;
        var signalled = 0;
        UploadId? after = null;
        while (await ledger.PendingAsync(after, page, cancellationToken) is { Count: > 0 } pending)
        {
            foreach (var work in pending)
                _ = Signal(work.Id);
            signalled += pending.Count;
            after = pending[^1].Id;
        }

        return signalled;
    }

    public Task StartAsync(CancellationToken cancellationToken)
    {
        var workers = Enumerable.Range(0, options.Value.BackgroundWorkers).Select(_ => Task.Run(WorkAsync, CancellationToken.None));
        _running = Task.WhenAll([.. workers, Task.Run(PickUpAsync, CancellationToken.None)]);
        return Task.CompletedTask;
    }

    public async Task StopAsync(CancellationToken cancellationToken)
    {
        await _stop.CancelAsync();
        _queue.Writer.TryComplete();
        await _running;
    }

    public void Dispose() => _stop.Dispose();

    private async Task PickUpAsync()
    {
        try
        {
            await SignalPendingAsync(_stop.Token);
        }
        catch (Exception exception) when (exception is OperationCanceledException or LedgerUnavailableException)
        {
            // The finish-pending job asks again.
        }
    }

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
            await DoAsync(id, _stop.Token);
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

    private async Task DoAsync(UploadId id, CancellationToken cancellationToken)
    {
        (UploadState, long, long, long)? before = null;
        ExceptionDispatchInfo? notMerged = null;
        while (await ledger.GetAsync(id, cancellationToken) is { } found)
        {
            if (found.State is UploadState.Cancelled or UploadState.Expired or UploadState.Failed or UploadState.Deleted)
            {
                await remover.ReclaimAsync(id, cancellationToken);
                return;
            }

            // Before bytes of an earlier life are copied, they are looked at: a merge would hide what is doubtful about them (E30, E31).
            var upload = await check.EnsureAsync(found, cancellationToken);
            if (upload.DamagedAt is not null)
                return;

            // A ledger that records nothing of it, as when this life is fenced, must not keep a worker busy for ever.
            var now = (upload.State, upload.ReceivedBytes, upload.HashedBytes, upload.PlacedBytes);
            var moved = now != before;
            before = now;

            // Somebody may wait for the digest, nobody for the merge; but neither starves the other, nor does its failure.
            var hashed = moved && await hasher.StepAsync(upload, cancellationToken);
            var merged = false;
            try
            {
                merged = moved && notMerged is null && await merger.StepAsync(upload, cancellationToken);
            }
            catch (StoreException exception)
            {
                notMerged = ExceptionDispatchInfo.Capture(exception);
            }

            if (!hashed && !merged)
            {
                notMerged?.Throw();
                return;
            }
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
