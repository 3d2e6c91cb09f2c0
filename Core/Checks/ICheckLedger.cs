using ChunkUpload.Core.Uploads;

namespace ChunkUpload.Core.Checks;

/// <summary>The ledger of uploads in the state <see cref="UploadState.Checking"/>.</summary>
public interface ICheckLedger
{
    /// <summary>Sets whether uploads are checked from now on, and makes every waiting check due.</summary>
    /// <returns>How many uploads wait for a verdict.</returns>
    Task<long> SetCheckerAsync(bool enabled, CancellationToken cancellationToken);

    /// <summary>Takes uploads whose check is due. Until the lease ends, no other process gets them.</summary>
    Task<IReadOnlyList<DueCheck>> ClaimAsync(TimeSpan lease, int limit, CancellationToken cancellationToken);

    /// <summary>Publishes the upload, fails it, or has it checked again after the pause.</summary>
    /// <returns>Null if the upload has ended meanwhile, or another attempt has begun.</returns>
    Task<Upload?> SettleAsync(DueCheck check, CheckDecision decision, CancellationToken cancellationToken);
}

/// <param name="Attempt">The first is 1.</param>
/// <param name="Failures">How many attempts gave no verdict. Attempts that a restart cut off do not count.</param>
public sealed record DueCheck(int Attempt, int Failures, Upload Upload);

/// <param name="Outcome">Failed: it is checked again after the pause.</param>
/// <param name="Reason">Why the upload is refused, or why it waits.</param>
public sealed record CheckDecision(CheckOutcome Outcome, string? Reason, TimeSpan Pause);
