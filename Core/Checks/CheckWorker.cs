using ChunkUpload.Core.Advisor;
using ChunkUpload.Core.Hooks;
using ChunkUpload.Core.Hosting;
using ChunkUpload.Core.Storage;
using ChunkUpload.Core.Uploads;
using Microsoft.Extensions.Logging;
using Microsoft.Extensions.Options;

namespace ChunkUpload.Core.Checks;

/// <summary>
/// Has uploads checked before they are published: claims those that are due, asks the checker, and lets the ledger act on the verdict. A
/// killed process loses nothing: the next start claims every upload that waits. Without a checker this does nothing.
/// </summary>
public sealed partial class CheckWorker(
    ICheckLedger ledger, IUploadChecker checker, IUploadQueryLedger uploads, ExtentReader extents, ContentCheck content,
    BackgroundWork background, FileRemover remover, NetworkBook networks, IOptions<CheckOptions> options, TimeProvider time,
    ILogger<CheckWorker> log) : PeriodicStep(TimeSpan.FromMilliseconds(200), time, log)
{
    private static readonly TimeSpan LongestPause = TimeSpan.FromMinutes(5);

    // Added to the time limit of a check, so that its lease covers the recording of the verdict.
    private static readonly TimeSpan Grace = TimeSpan.FromSeconds(30);

    // Only the loop uses it.
    private readonly List<Task> _checks = [];

    public override int Order => StartOrder.Background + 20;

    public override string Name => "checks";

    private CheckOptions Options => options.Value;

    public override Task StartAsync(CancellationToken cancellationToken) =>
        Options.IsSet ? base.StartAsync(cancellationToken) : Task.CompletedTask;

    public override async Task StopAsync(CancellationToken cancellationToken)
    {
        await base.StopAsync(cancellationToken);
        await Task.WhenAll(_checks);
    }

    protected override async Task TickAsync(CancellationToken cancellationToken)
    {
        _checks.RemoveAll(one => one.IsCompleted);
        if (_checks.Count >= Options.AtOnce)
            return;
        foreach (var due in await ClaimAsync(Options.AtOnce - _checks.Count, cancellationToken))
            _checks.Add(Task.Run(() => ServeAsync(due, cancellationToken), CancellationToken.None));
    }

    private Task<IReadOnlyList<DueCheck>> ClaimAsync(int limit, CancellationToken cancellationToken) =>
        ledger.ClaimAsync(Options.Timeout + Grace, limit, cancellationToken);

    /// <summary>Checks one upload after the other while some are due.</summary>
    private async Task ServeAsync(DueCheck first, CancellationToken cancellationToken)
    {
        try
        {
            for (DueCheck? due = first; due is not null;)
            {
                await CheckAsync(due, cancellationToken);
                due = await ClaimAsync(1, cancellationToken) is [var next, ..] ? next : null;
            }
        }
        catch (OperationCanceledException)
        {
            // The service stops. The next start takes it up again.
        }
        catch (Exception exception)
        {
            // The claimed checks are due again when their leases end.
            NotClaimed(exception.Message);
        }
    }

    private async Task CheckAsync(DueCheck due, CancellationToken cancellationToken)
    {
        var upload = await content.EnsureAsync(due.Upload, cancellationToken);
        // That the upload's store is not here is no failure of the checker: the check is due again when its lease ends.
        if (upload.IsElsewhere)
            return;
        if (upload.DamagedAt is not null)
        {
            await SettleAsync(due, new CheckDecision(CheckOutcome.Failed, null, LongestPause));
            return;
        }

        CheckVerdict verdict;
        using (var limit = new CancellationTokenSource(Options.Timeout, Time))
        using (var either = CancellationTokenSource.CreateLinkedTokenSource(limit.Token, cancellationToken))
        {
            try
            {
                verdict = await checker.CheckAsync(
                    upload, new CheckedContent(extents, upload.Id, upload.ReceivedBytes), either.Token);
            }
            catch (OperationCanceledException) when (!cancellationToken.IsCancellationRequested)
            {
                verdict = CheckVerdict.TooLate(Options.Timeout);
            }
            catch (StoreException exception) when (exception.Error is StoreError.Missing or StoreError.Damaged)
            {
                // The bytes of an upload that was cancelled meanwhile are freed; that is not damage.
                if (await uploads.GetAsync(upload.Id, cancellationToken) is { State: UploadState.Checking })
                    await content.QuarantineAsync(upload.Id, exception.Message);
                return;
            }
            catch (StoreException exception)
            {
                verdict = CheckVerdict.Failed(exception.Message);
            }
        }

        await SettleAsync(due, Decide(due, verdict));
    }

    private CheckDecision Decide(DueCheck due, CheckVerdict verdict)
    {
        var id = due.Upload.Id;
        var failures = due.Failures + 1;
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
                {
                    var pause = WebhookDispatcher.PauseAfter(failures, Options.FirstPause);
                    return new CheckDecision(
                        CheckOutcome.Failed, "the checker gave no verdict yet", pause < LongestPause ? pause : LongestPause);
                }

                if (Options.WhileAway == CheckerAway.Refuse)
                    return new CheckDecision(CheckOutcome.Refused, CheckRefusal.Reason("the checker is away"), TimeSpan.Zero);
                Unchecked(id);
                return new CheckDecision(CheckOutcome.Accepted, null, TimeSpan.Zero);
        }
    }

    /// <summary>Records the verdict. If this process ends after that, the job finish-pending repeats the steps that remain.</summary>
    private async Task SettleAsync(DueCheck due, CheckDecision decision)
    {
        if (await ledger.SettleAsync(due, decision, CancellationToken.None) is not { } settled
            || settled.State == UploadState.Checking)
            return;
        networks.Close(settled.Id);
        if (settled.State == UploadState.Completed)
        {
            _ = background.Schedule(settled.Id);
            return;
        }

        try
        {
            await remover.ReclaimAsync(settled.Id, CancellationToken.None);
        }
        catch (Exception exception) when (exception is LedgerUnavailableException or StoreException)
        {
            UploadLog.ReclaimPutOff(Log, settled.Id, exception);
        }
    }

    [LoggerMessage(7702, LogLevel.Warning, "Uploads that wait for a check could not be claimed now: {Reason}")]
    private partial void NotClaimed(string reason);

    [LoggerMessage(7703, LogLevel.Information, "Upload {Upload} was refused by the check: {Sentence}")]
    private partial void Refused(UploadId upload, string? sentence);

    [LoggerMessage(7704, LogLevel.Warning, "Upload {Upload}: attempt {Attempt} of its check gave no verdict: {Sentence}")]
    private partial void NoVerdict(UploadId upload, int attempt, string? sentence);

    [LoggerMessage(7705, LogLevel.Warning, "Upload {Upload} is published without a check, because Check:WhileAway is Accept")]
    private partial void Unchecked(UploadId upload);
}
