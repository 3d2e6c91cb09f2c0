using ChunkUpload.Core.Jobs;

namespace ChunkUpload.Infrastructure.Jobs;

/// <summary>
/// The right of this process to continue a run. A heartbeat renews it and contains the progress. The lease is lost if another process has
/// ended the run, or if no heartbeat has reached the database for so long that another process may end it. Then <see cref="Token"/> is
/// cancelled.
/// </summary>
internal sealed class RunLease : IJobProgress, IAsyncDisposable
{
    /// <summary>The time without a heartbeat after which another node ends a run. Longer than <see cref="Patience"/>.</summary>
    public static readonly TimeSpan Expiry = TimeSpan.FromSeconds(90);

    // The time without a heartbeat after which the run stops itself.
    private static readonly TimeSpan Patience = TimeSpan.FromSeconds(60);

    // New progress is sent after one pause. Without any, the lease is renewed after every fifth pause.
    private static readonly TimeSpan Pause = TimeSpan.FromSeconds(1);
    private const int QuietPauses = 5;

    private readonly JobRuns _runs;
    private readonly long _run;
    private readonly TimeProvider _time;
    private readonly CancellationTokenSource _token;
    private readonly CancellationTokenSource _over = new();
    private readonly Task _beating;
    private JobProgress? _progress;
    private volatile bool _isLost;

    public RunLease(JobRuns runs, long run, TimeProvider time, CancellationToken cancellationToken)
    {
        (_runs, _run, _time) = (runs, run, time);
        _token = CancellationTokenSource.CreateLinkedTokenSource(cancellationToken);
        _beating = Task.Run(BeatAsync, CancellationToken.None);
    }

    /// <summary>Cancelled when the lease is lost, and with the token of the run.</summary>
    public CancellationToken Token => _token.Token;

    public bool IsLost => _isLost;

    public void Report(long done, long? total, string what) => Volatile.Write(ref _progress, new JobProgress(done, total, what));

    public async ValueTask DisposeAsync()
    {
        await _over.CancelAsync();
        await _beating;
        _over.Dispose();
        _token.Dispose();
    }

    private async Task BeatAsync()
    {
        var renewed = _time.GetTimestamp();
        try
        {
            for (var quiet = 1; ; quiet++)
            {
                await Task.Delay(Pause, _time, _over.Token);
                var progress = Interlocked.Exchange(ref _progress, null);
                if (progress is null && quiet < QuietPauses)
                    continue;
                try
                {
                    if (!await _runs.BeatAsync(_run, progress, _over.Token))
                        break;
                    renewed = _time.GetTimestamp();
                    quiet = 0;
                }
                catch (LedgerUnavailableException)
                {
                    _ = Interlocked.CompareExchange(ref _progress, progress, null);
                    if (_time.GetElapsedTime(renewed) > Patience)
                        break;
                }
            }

            _isLost = true;
            await _token.CancelAsync();
        }
        catch (OperationCanceledException)
        {
            // The run has ended.
        }
    }
}
