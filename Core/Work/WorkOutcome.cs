namespace ChunkUpload.Core.Work;

/// <summary>How the work on an item ended.</summary>
public abstract record WorkOutcome
{
    private WorkOutcome()
    {
    }

    /// <summary>The item is done, or given up, and vanishes.</summary>
    public static WorkOutcome Done { get; } = new Ended();

    /// <summary>The kind has ended the lease itself, in the transaction that recorded the outcome (<c>end_work</c>).</summary>
    public static WorkOutcome Settled { get; } = new Recorded(null, 0);

    /// <summary>The lease or the ledger's answer was lost: the ledger may have leased an item that no worker has received.</summary>
    public static WorkOutcome Unsure { get; } = new Recorded(null, 0) { IsUnsure = true };

    /// <summary>Settled, and the same transaction has leased the next item (<c>claim_next</c>).</summary>
    /// <param name="claimedAt">Taken before the ledger was asked.</param>
    public static WorkOutcome SettledWith(WorkItem next, long claimedAt) => new Recorded(next, claimedAt);

    /// <summary>The attempt failed; the next one follows after the pause of the kind's back-off.</summary>
    public static WorkOutcome Failed { get; } = new Later(null, IsFailure: true);

    /// <summary>Others may work on the item at once, for example because the service stops. That is no failed attempt.</summary>
    public static WorkOutcome GivenBack { get; } = new Later(TimeSpan.Zero, IsFailure: false);

    /// <summary>Nothing failed, but the item has to wait this long.</summary>
    public static WorkOutcome Postponed(TimeSpan pause) => new Later(pause, IsFailure: false);

    internal sealed record Ended : WorkOutcome;

    internal sealed record Recorded(WorkItem? Next, long ClaimedAt) : WorkOutcome
    {
        public bool IsUnsure { get; init; }
    }

    /// <param name="Pause">Null means what the back-off says.</param>
    internal sealed record Later(TimeSpan? Pause, bool IsFailure) : WorkOutcome;
}
