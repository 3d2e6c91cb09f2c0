using ChunkUpload.Client;
using ChunkUpload.Client.Sync;
using ChunkUpload.Wire.Sync;

namespace ChunkUpload.Agent.Sync;

/// <summary>
/// Keeps a pair in sync until it is stopped: a round at the start, when the system tells of changes in the folder, when the service tells
/// of changes, when a person has answered, and from time to time, because news may be lost.
/// </summary>
/// <param name="pair">The pair.</param>
/// <param name="local">The local folder.</param>
/// <param name="every">How often both sides are looked at without any news.</param>
/// <param name="ended">Receives the end of each round.</param>
internal sealed class SyncLoop(
    ChunkUploadClient client, SyncPairing pair, string local, TimeSpan every, TimeProvider time, Action<SyncOutcome> ended)
{
    private const string Changed = "entries_changed", Missed = "reset";

    private static readonly TimeSpan Quiet = TimeSpan.FromSeconds(1);
    private static readonly TimeSpan LongestQuiet = TimeSpan.FromSeconds(5);
    private static readonly TimeSpan UntilBack = TimeSpan.FromSeconds(15);

    private TaskCompletionSource _remote = new(TaskCreationOptions.RunContinuationsAsynchronously);

    public async Task RunAsync(CancellationToken stop)
    {
        using var end = CancellationTokenSource.CreateLinkedTokenSource(stop);
        var listening = ListenAsync(end.Token);
        try
        {
            while (true)
            {
                using var news = new FolderNews(local);
                await FollowAsync(news, stop);
            }
        }
        finally
        {
            await end.CancelAsync();
            await listening;
        }
    }

    /// <summary>Makes rounds until the folder needs new watches, because it was away or news were lost.</summary>
    private async Task FollowAsync(FolderNews news, CancellationToken stop)
    {
        var began = time.GetTimestamp();
        while (true)
        {
            var outcome = await pair.Round.RunAsync(stop);
            ended(outcome);
            if (outcome.Fault is { Failure: TransferFailure.Authentication or TransferFailure.Refused } fatal)
                throw fatal;
            var isAway = outcome.Told.State == "away";
            var pause = isAway || outcome.Fault is not null ? UntilBack
                : outcome.Again ?? (outcome.HasWaiting && every > SyncWaiting.Empty ? SyncWaiting.Empty : every);
            if (!await WaitAsync(news, pause, stop) || isAway || time.GetElapsedTime(began) > every)
                return;
        }
    }

    /// <returns>False if news of the folder were lost.</returns>
    private async Task<bool> WaitAsync(FolderNews news, TimeSpan pause, CancellationToken stop)
    {
        var began = time.GetTimestamp();
        while (time.GetElapsedTime(began) < pause && !pair.HasReplies)
        {
            var rest = pause - time.GetElapsedTime(began);
            using var timer = CancellationTokenSource.CreateLinkedTokenSource(stop);
            var came = await Task.WhenAny(news.Coming, _remote.Task, Task.Delay(rest < Quiet ? rest : Quiet, time, timer.Token));
            await timer.CancelAsync();
            stop.ThrowIfCancellationRequested();
            if (came != news.Coming && came != _remote.Task)
                continue;
            // Wait until changing files do not change any more.
            for (var since = time.GetTimestamp(); time.GetElapsedTime(since) < LongestQuiet;)
            {
                _remote = new TaskCompletionSource(TaskCreationOptions.RunContinuationsAsynchronously);
                if (news.Coming.IsCompleted && news.Take() is null)
                    return false;
                await Task.WhenAny(news.Coming, _remote.Task, Task.Delay(Quiet, time, stop));
                stop.ThrowIfCancellationRequested();
                if (!news.Coming.IsCompleted && !_remote.Task.IsCompleted)
                    break;
            }

            return true;
        }

        return true;
    }

    private async Task ListenAsync(CancellationToken stop)
    {
        while (!stop.IsCancellationRequested)
        {
            try
            {
                await foreach (var one in client.ListenAsync(EventScope.Own, stop))
                {
                    if (one.Kind is Changed or Missed)
                        _ = _remote.TrySetResult();
                }
            }
            catch (Exception failure) when (failure is OperationCanceledException or TransferException)
            {
                // The service is not available for longer than the policy allows. If the key is refused, the next round reports it.
            }

            await Task.Delay(UntilBack, time, stop).ContinueWith(
                _ => { }, CancellationToken.None, TaskContinuationOptions.ExecuteSynchronously, TaskScheduler.Default);
        }
    }
}
