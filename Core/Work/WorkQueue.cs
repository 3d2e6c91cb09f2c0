namespace ChunkUpload.Core.Work;

/// <summary>
/// Notifies this process immediately of changes of the work queue in the ledger, which it would otherwise find with its next poll. The
/// statements themselves call <c>add_work</c>, <c>change_work</c>, <c>set_work_key</c> or <c>withdraw_work</c> in their own transactions.
/// </summary>
public sealed class WorkQueue
{
    internal event Action? Woken;

    internal event Action<string, IReadOnlyCollection<Guid>>? Withdrawn;

    /// <summary>Polls for due items now, because a statement has added one or changed a limit.</summary>
    public void Wake() => Woken?.Invoke();

    /// <summary>
    /// Ends the work of this process on items that a statement has just withdrawn; another process notices at its next renewal or record.
    /// </summary>
    public void Cancel(string kind, IReadOnlyCollection<Guid> references) => Withdrawn?.Invoke(kind, references);
}
