namespace ChunkUpload.Core.Work;

/// <summary>
/// Tells this process at once what a statement has just changed about the work in the ledger, instead of at its next look. The statements
/// themselves call <c>add_work</c>, <c>change_work</c>, <c>set_work_key</c> or <c>withdraw_work</c> in their own transactions.
/// </summary>
public sealed class WorkQueue
{
    internal event Action? Woken;

    internal event Action<string, IReadOnlyCollection<Guid>>? Withdrawn;

    /// <summary>Looks for due items now: a statement has just added one, or changed what holds it back.</summary>
    public void Wake() => Woken?.Invoke();

    /// <summary>
    /// Ends the work of this process on items that a statement has just withdrawn; another process notices at its next renewal or record.
    /// </summary>
    public void Cancel(string kind, IReadOnlyCollection<Guid> references) => Withdrawn?.Invoke(kind, references);
}
