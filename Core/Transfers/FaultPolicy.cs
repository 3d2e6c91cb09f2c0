using ChunkUpload.Core.Work;

namespace ChunkUpload.Core.Transfers;

/// <summary>Decides what follows from a failure of an item: another attempt, a wait, or its end.</summary>
internal static class FaultPolicy
{
    public static ItemEnd EndOf(StorageFault fault, TransferItem item, TransferEngineOptions options)
    {
        var backoff = new WorkBackoff(options.FirstPause, options.LongestPause).PauseAfter(item.Attempts + 1);
        return fault.Kind switch
        {
            FaultKind.Transient => Again(Longer(fault.After, backoff), item.Attempts >= 2 ? WaitReason.Network : null),
            FaultKind.Throttled => Again(Longer(fault.After, backoff), WaitReason.RateLimit),
            FaultKind.DailyLimit => Again(fault.After ?? options.DailyPause, WaitReason.DailyLimit),
            FaultKind.Full => Again(options.FullPause, WaitReason.Quota),
            FaultKind.Space => Again(options.FullPause, WaitReason.Space),
            // The key of the connection is paused until its owner has signed in, so no pause is needed.
            FaultKind.SignIn or FaultKind.Approval or FaultKind.AppSecret => Again(TimeSpan.Zero, WaitReason.SignIn),
            FaultKind.SessionLost or FaultKind.SourceChanged or FaultKind.Integrity =>
                item.Restarts < options.MostRestarts ? Again(backoff, null) : Failed(),
            _ => item.Attempts + 1 < options.MostAttempts ? Again(backoff, null) : Failed(),
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

    /// <summary>How long all work with the connection pauses; null: only the item does.</summary>
    public static TimeSpan? HoldOf(StorageFault fault, TimeSpan pause) =>
        fault.Kind is FaultKind.Throttled or FaultKind.DailyLimit ? pause : null;

    /// <summary>Whether the item has to begin again at byte 0.</summary>
    public static bool Restarts(FaultKind kind) => kind is FaultKind.SessionLost or FaultKind.SourceChanged or FaultKind.Integrity;

    private static TimeSpan Longer(TimeSpan? asked, TimeSpan pause) => asked > pause ? asked.Value : pause;
}
