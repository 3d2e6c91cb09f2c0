using ChunkUpload.Core.Work;

namespace ChunkUpload.Core.Checks;

/// <summary>The ledger of uploads in the state <see cref="UploadState.Checking"/>.</summary>
public interface ICheckLedger
{
    /// <summary>Sets whether uploads are checked from now on, and makes every waiting check due.</summary>
    /// <returns>The number of uploads that wait for a verdict.</returns>
    Task<long> SetCheckerAsync(bool enabled, CancellationToken cancellationToken);

    /// <summary>Publishes the upload, fails it, or has it checked again after the pause, and ends the lease.</summary>
    /// <returns>Null if the upload has ended meanwhile, or the lease is lost.</returns>
    Task<Upload?> SettleAsync(UploadId upload, WorkItem item, CheckDecision decision, CancellationToken cancellationToken);
}

/// <param name="Outcome">If it is Failed, the upload is checked again after the pause.</param>
/// <param name="Reason">Why the upload is refused, or why it waits.</param>
public sealed record CheckDecision(CheckOutcome Outcome, string? Reason, TimeSpan Pause);
