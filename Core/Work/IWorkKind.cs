namespace ChunkUpload.Core.Work;

/// <summary>One kind of work that survives a kill, such as checks or mails. <c>docs/design/work.md</c> says how to add one.</summary>
public interface IWorkKind
{
    /// <summary>As the ledger knows it; never changed.</summary>
    string Name { get; }

    /// <summary>How many items this process works on at once; 0: none, because the kind is switched off.</summary>
    int AtOnce { get; }

    /// <summary>How long an item may show no progress before its worker is taken for dead.</summary>
    TimeSpan Lease { get; }

    /// <summary>The pauses after failed attempts.</summary>
    WorkBackoff Backoff { get; }

    /// <summary>
    /// Works on one item. It may have been worked on before, in whole or in part, and what its reference names may be gone. An exception is
    /// a failed attempt.
    /// </summary>
    Task<WorkOutcome> WorkAsync(WorkLease lease);
}
