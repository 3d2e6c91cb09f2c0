using ChunkUpload.Core.Connections;
using ChunkUpload.Core.Work;

namespace ChunkUpload.Core.Transfers.Running;

/// <summary>Decides what follows from a failure of a file, or of the transfer's own work: another attempt, a wait, or its end.</summary>
internal static class FaultPolicy
{
    /// <param name="failures">The number of previous attempts without progress.</param>
    /// <param name="restarts">The number of restarts at byte 0.</param>
    /// <param name="attempts">The limits of the transfer; null values mean the service's defaults.</param>
    public static ItemEnd EndOf(
        StorageFault fault, int failures, int restarts, AttemptOptions attempts, TransferEngineOptions options)
    {
        var longest = Seconds(attempts.LongestPause) ?? options.LongestPause;
        var first = options.FirstPause < longest ? options.FirstPause : longest;
        var backoff = new WorkBackoff(first, longest).PauseAfter(failures + 1);
        return fault.Kind switch
        {
            FaultKind.Transient when failures + 1 >= attempts.Network => Failed(),
            FaultKind.Transient => Again(Longer(fault.After, backoff), failures >= 2 ? WaitReason.Network : null),
            FaultKind.Throttled => Again(Longer(fault.After, backoff), WaitReason.RateLimit),
            FaultKind.DailyLimit => Again(fault.After ?? Seconds(attempts.DailyPause) ?? options.DailyPause, WaitReason.DailyLimit),
            FaultKind.Full => Again(Seconds(attempts.FullPause) ?? options.FullPause, WaitReason.Quota),
            FaultKind.Space => Again(Seconds(attempts.FullPause) ?? options.FullPause, WaitReason.Space),
            // The key of the connection is paused until its owner has signed in, so no pause is needed.
            FaultKind.SignIn or FaultKind.Approval or FaultKind.AppSecret => Again(TimeSpan.Zero, WaitReason.SignIn),
            FaultKind.SessionLost or FaultKind.SourceChanged or FaultKind.Integrity =>
                restarts < (attempts.Restarts ?? options.MostRestarts) ? Again(backoff, null) : Failed(),
            _ => failures + 1 < (attempts.Refused ?? options.MostAttempts) ? Again(backoff, null) : Failed(),
        };

        ItemEnd Again(TimeSpan pause, WaitReason? wait) => new(TransferItemState.Queued)
        {
            Fault = fault.Kind,
            Reason = fault.Sentence,
            Pause = pause,
            Wait = wait,
            Failed = true,
        };

        ItemEnd Failed() => new(TransferItemState.Failed) { Fault = fault.Kind, Reason = fault.Sentence };
    }

    /// <summary>Returns how long all work with the connection pauses; null if only the item pauses.</summary>
    public static TimeSpan? HoldOf(StorageFault fault, TimeSpan pause) =>
        fault.Kind is FaultKind.Throttled or FaultKind.DailyLimit ? pause : null;

    /// <summary>Returns whether the item must restart at byte 0.</summary>
    public static bool Restarts(FaultKind kind) => kind is FaultKind.SessionLost or FaultKind.SourceChanged or FaultKind.Integrity;

    /// <summary>
    /// Interprets a fault. Google Drive uses the same error for a daily limit and for too many requests. If it has refused for long enough
    /// without progress, it is treated as the daily limit.
    /// </summary>
    public static StorageFault Read(StorageFault fault, Transfer transfer, DateTimeOffset now, TransferEngineOptions options) =>
        fault is { Kind: FaultKind.Throttled, MayBeDaily: true }
        && (transfer.Wait?.Reason == WaitReason.DailyLimit
            || (transfer.Wait is { Reason: WaitReason.RateLimit } wait && now - wait.Since >= options.DailyAfter))
            ? fault with { Kind = FaultKind.DailyLimit, After = null, Sentence = "The daily limit of the storage is reached." }
            : fault;

    private static TimeSpan? Seconds(int? seconds) => seconds is { } some ? TimeSpan.FromSeconds(some) : null;

    private static TimeSpan Longer(TimeSpan? asked, TimeSpan pause) => asked > pause ? asked.Value : pause;
}
