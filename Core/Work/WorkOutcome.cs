namespace ChunkUpload.Core.Work;

/// <summary>The outcome of the work on an item.</summary>
public abstract record WorkOutcome
{
    private WorkOutcome()
    {
    }

    /// <summary>The item is done or abandoned, and is removed.</summary>
    public static WorkOutcome Done { get; } = new Ended();

    /// <summary>The kind has ended the lease itself, in the transaction that recorded the outcome (<c>end_work</c>).</summary>
    public static WorkOutcome Settled { get; } = new Recorded(null, 0);

    /// <summary>The lease or the ledger's response was lost: the ledger may have leased an item that no worker has received.</summary>
    public static WorkOutcome Unsure { get; } = new Recorded(null, 0) { IsUnsure = true };

    /// <summary>Settled, and the same transaction has leased the next item (<c>claim_next</c>).</summary>
    /// <param name="claimedAt">A timestamp taken before the call to the ledger.</param>
    public static WorkOutcome SettledWith(WorkItem next, long claimedAt) => new Recorded(next, claimedAt);

    /// <summary>The attempt failed; the next one follows after the pause of the kind's back-off.</summary>
    public static WorkOutcome Failed { get; } = new Later(null, IsFailure: true);

    /// <summary>
    /// Releases the item for other workers, for example because the service stops. This does not count as a failed attempt.
    /// </summary>
    public static WorkOutcome GivenBack { get; } = new Later(TimeSpan.Zero, IsFailure: false);

    /// <summary>Postpones the item without counting a failed attempt.</summary>
    public static WorkOutcome Postponed(TimeSpan pause) => new Later(pause, IsFailure: false);

    internal sealed record Ended : WorkOutcome;

    /// <summary>The item needs a folder of another node, which takes it.</summary>
    internal sealed record Handed(Guid Folder, Guid Node) : WorkOutcome;

    internal sealed record Recorded(WorkItem? Next, long ClaimedAt) : WorkOutcome
    {
        public bool IsUnsure { get; init; }
    }

    /// <param name="Pause">The pause; null for the pause of the back-off.</param>
    internal sealed record Later(TimeSpan? Pause, bool IsFailure) : WorkOutcome;
}
