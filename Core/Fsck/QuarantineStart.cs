using ChunkUpload.Core.Hosting;
using ChunkUpload.Core.Jobs;
using Microsoft.Extensions.Logging;
using Microsoft.Extensions.Options;

namespace ChunkUpload.Core.Fsck;

/// <summary>
/// After a start, while requests are already served, releases uploads from quarantine whose files were restored while the service was down.
/// </summary>
internal sealed class QuarantineStart(
    QuarantineReview review, IContentLedger ledger, BackgroundWork background, IOptions<JobsOptions> options, TimeProvider time,
    ILogger<QuarantineStart> log) : IStartStep, IDisposable
{
    private readonly CancellationTokenSource _stop = new();
    private Task _running = Task.CompletedTask;

    public int Order => StartOrder.Background;

    public string Name => "quarantine";

    public Task StartAsync(CancellationToken cancellationToken)
    {
        _running = Task.Run(RunAsync, CancellationToken.None);
        return Task.CompletedTask;
    }

    public async Task StopAsync(CancellationToken cancellationToken)
    {
        await _stop.CancelAsync();
        await _running;
    }

    public void Dispose() => _stop.Dispose();

    private async Task RunAsync()
    {
        try
        {
            // Not at the same time: the review then uses the same connection, and most starts find nothing to review.
            await background.PickedUp.WaitAsync(_stop.Token);
            var pace = new ReadPace(options.Value.ScrubBytesPerSecond, time);
            await foreach (var (upload, fault) in review.RunAsync(pace.SpendAsync, _stop.Token))
            {
                if (fault is not null)
                {
                    JobsLog.StillDamaged(log, upload.Id, upload.FileName, fault);
                    continue;
                }

                await ledger.LiftQuarantineAsync(upload.Id, _stop.Token);
                JobsLog.Mended(log, upload.Id, upload.FileName);
                _ = background.Schedule(upload.Id);
            }
        }
        catch (Exception exception) when (exception is OperationCanceledException or LedgerUnavailableException)
        {
            // The job scrub-files tries again.
        }
    }
}
