using ChunkUpload.Client.Http;
using ChunkUpload.Client.Progress;
using Microsoft.Extensions.Logging;

namespace ChunkUpload.Client.Retrying;

/// <summary>Repeats the work of one transfer as the policy says. Progress of any of its requests begins the count anew.</summary>
internal sealed class Attempts(ServiceCalls calls, RetryPolicy policy, ProgressBoard board, TimeProvider time, ILogger log)
{
    private readonly Random _random = new();

    /// <param name="work">Gets the number of failures before it.</param>
    /// <param name="stop">Ends the wait, too.</param>
    public async Task<T> PersistAsync<T>(Func<int, Task<T>> work, CancellationToken stop)
    {
        var (failures, total, since, seen) = (0, 0, time.GetTimestamp(), board.Steps);
        while (true)
        {
            try
            {
                return await work(total);
            }
            catch (TransferException failure) when (!stop.IsCancellationRequested)
            {
                if (board.Steps != seen)
                    (failures, since, seen) = (0, time.GetTimestamp(), board.Steps);
                failures++;
                total++;
                if (policy.For(failure, calls.HasAnswered) is not { } rule
                    || failures > rule.Attempts || time.GetElapsedTime(since) > rule.Deadline)
                    throw;
                var pause = rule.PauseAfter(failures, _random);
                if (failure.Failure == TransferFailure.Network && board.Advice.RetryDelay is { } advised && failures == 1)
                    pause = advised;
                if (failure.GoesOnAtOnce)
                    pause = TimeSpan.Zero;
                if (failure.RetryAfter > pause)
                    pause = failure.RetryAfter.Value;
                log.Retrying(failure.Message, pause, failures);
                using (board.Waiting(failure, pause))
                    await Task.Delay(pause, time, stop);
            }
        }
    }

    public Task PersistAsync(Func<int, Task> work, CancellationToken stop) => PersistAsync(
        async failures =>
        {
            await work(failures);
            return true;
        },
        stop);
}
