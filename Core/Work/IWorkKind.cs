namespace ChunkUpload.Core.Work;

/// <summary>A kind of durable background work, such as checks or mails. <c>docs/design/work.md</c> says how to add one.</summary>
public interface IWorkKind
{
    /// <summary>The name in the ledger, which must never change.</summary>
    string Name { get; }

    /// <summary>The maximum number of concurrent items in this process; 0 if the kind is disabled.</summary>
    int AtOnce { get; }

    /// <summary>The time without progress after which a worker is considered dead.</summary>
    TimeSpan Lease { get; }

    /// <summary>The pauses after failed attempts.</summary>
    WorkBackoff Backoff { get; }

    /// <summary>
    /// Processes one item. It may have been processed before, completely or partly, and the referenced object may no longer exist. An
    /// exception is a failed attempt.
    /// </summary>
    Task<WorkOutcome> WorkAsync(WorkLease lease);
}
