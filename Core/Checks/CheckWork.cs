using ChunkUpload.Core.Advisor;
using ChunkUpload.Core.Storage;
using ChunkUpload.Core.Uploads;
using ChunkUpload.Core.Work;
using Microsoft.Extensions.Logging;
using Microsoft.Extensions.Options;

namespace ChunkUpload.Core.Checks;

/// <summary>
/// Processes an upload in the state checking: asks the checker and records the verdict in the ledger. Without a checker this does nothing.
/// </summary>
public sealed partial class CheckWork(
    ICheckLedger ledger, IUploadChecker checker, IUploadLedger uploads, ExtentReader extents, ContentCheck content,
    BackgroundWork background, FileRemover remover, NetworkBook networks, IOptions<CheckOptions> options, TimeProvider time,
    ILogger<CheckWork> log) : IWorkKind
{
    private static readonly TimeSpan LongestPause = TimeSpan.FromMinutes(10);

    // Added to the time limit of a check, so that its lease covers the recording of the verdict.
    private static readonly TimeSpan Grace = TimeSpan.FromSeconds(30);

    public string Name => "check";

    public int AtOnce => Options.IsSet ? Options.AtOnce : 0;

    // A checker may be silent until its time limit.
    public TimeSpan Lease => Options.Timeout + Grace;

    public WorkBackoff Backoff => new(Options.FirstPause, LongestPause);

    private CheckOptions Options => options.Value;

    public async Task<WorkOutcome> WorkAsync(WorkLease lease)
    {
        if (await uploads.GetAsync(new UploadId(lease.Reference), lease.Token) is not { State: UploadState.Checking } found)
            return WorkOutcome.Done;
        var upload = await content.EnsureAsync(found, lease.Token);
        // A store on another node or a damaged upload is not a failure of the checker.
        if (upload.IsElsewhere || upload.DamagedAt is not null)
            return WorkOutcome.Postponed(LongestPause);

        CheckVerdict verdict;
        using (var limit = new CancellationTokenSource(Options.Timeout, time))
        using (var either = CancellationTokenSource.CreateLinkedTokenSource(limit.Token, lease.Token))
        {
            try
            {
                verdict = await checker.CheckAsync(
                    upload, new CheckedContent(extents, upload.Id, upload.ReceivedBytes), either.Token);
            }
            catch (OperationCanceledException) when (!lease.Token.IsCancellationRequested)
            {
                verdict = CheckVerdict.TooLate(Options.Timeout);
            }
            catch (StoreException exception) when (exception.Error is StoreError.Missing or StoreError.Damaged)
            {
                // The bytes of an upload that was cancelled meanwhile are freed; that is not damage.
                if (await uploads.GetAsync(upload.Id, lease.Token) is { State: UploadState.Checking })
                    await content.QuarantineAsync(upload.Id, exception.Message);
                return WorkOutcome.Postponed(LongestPause);
            }
            catch (StoreException exception) when (exception.Error is StoreError.Unreachable)
            {
                return WorkOutcome.Postponed(LongestPause);
            }
            catch (StoreException exception)
            {
                verdict = CheckVerdict.Failed(exception.Message);
            }
        }

        return await SettleAsync(upload.Id, lease.Item, Decide(upload.Id, lease.Failures + 1, verdict));
    }

    private CheckDecision Decide(UploadId id, int failures, CheckVerdict verdict)
    {
        switch (verdict.Outcome)
        {
            case CheckOutcome.Accepted:
                return new CheckDecision(CheckOutcome.Accepted, null, TimeSpan.Zero);
            case CheckOutcome.Refused:
                Refused(id, verdict.Sentence);
                return new CheckDecision(CheckOutcome.Refused, CheckRefusal.Reason(verdict.Sentence), TimeSpan.Zero);
            default:
                NoVerdict(id, failures, verdict.Sentence);
                if (failures < Options.Attempts || Options.WhileAway == CheckerAway.Hold)
                    return new CheckDecision(CheckOutcome.Failed, "the checker gave no verdict yet", Backoff.PauseAfter(failures));
                if (Options.WhileAway == CheckerAway.Refuse)
                    return new CheckDecision(CheckOutcome.Refused, CheckRefusal.Reason("the checker does not answer"), TimeSpan.Zero);
                Unchecked(id);
                return new CheckDecision(CheckOutcome.Accepted, null, TimeSpan.Zero);
        }
    }

    /// <summary>Records the verdict. If this process ends after that, the job finish-pending repeats the steps that remain.</summary>
    private async Task<WorkOutcome> SettleAsync(UploadId id, WorkItem item, CheckDecision decision)
    {
        if (await ledger.SettleAsync(id, item, decision, CancellationToken.None) is not { } settled)
            return WorkOutcome.Postponed(LongestPause);
        if (settled.State == UploadState.Checking)
            return WorkOutcome.Settled;
        networks.Close(settled.Id);
        if (settled.State == UploadState.Completed)
        {
            _ = background.Schedule(settled.Id);
            return WorkOutcome.Settled;
        }

        await remover.TryReclaimAsync(settled.Id, CancellationToken.None);
        return WorkOutcome.Settled;
    }

    [LoggerMessage(7703, LogLevel.Information, "Upload {Upload} was refused by the check: {Sentence}")]
    private partial void Refused(UploadId upload, string? sentence);

    [LoggerMessage(7704, LogLevel.Warning, "Upload {Upload}: attempt {Attempt} of its check gave no verdict: {Sentence}")]
    private partial void NoVerdict(UploadId upload, int attempt, string? sentence);

    [LoggerMessage(7705, LogLevel.Warning, "Upload {Upload} is published without a check, because Check:WhileAway is Accept")]
    private partial void Unchecked(UploadId upload);
}
