namespace ChunkUpload.Core.Work;

/// <summary>
/// Adds and changes work of the service, and lets this process act on it at once instead of at its next look. Statements that add work in
/// their own transaction call <c>add_work</c> in SQL, and then at most <see cref="Wake"/>.
/// </summary>
public sealed class WorkQueue(IWorkLedger ledger)
{
    internal event Action? Woken;

    internal event Action<string, IReadOnlyCollection<Guid>>? Withdrawn;

    /// <inheritdoc cref="IWorkLedger.AddAsync"/>
    public async Task AddAsync(IReadOnlyList<NewWork> items, CancellationToken cancellationToken)
    {
        await ledger.AddAsync(items, cancellationToken);
        Wake();
    }

    /// <inheritdoc cref="IWorkLedger.ChangeAsync"/>
    public async Task<bool> ChangeAsync(string kind, Guid reference, WorkChange change, CancellationToken cancellationToken)
    {
        var found = await ledger.ChangeAsync(kind, reference, change, cancellationToken);
        Wake();
        return found;
    }

    /// <summary>Removes items, and ends the work of this process on them; another process notices at its next renewal or record.</summary>
    /// <returns>The references of those that were there.</returns>
    public async Task<IReadOnlyList<Guid>> WithdrawAsync(
        string kind, IReadOnlyList<Guid> references, CancellationToken cancellationToken)
    {
        var removed = await ledger.WithdrawAsync(kind, references, cancellationToken);
        Cancel(kind, references);
        return removed;
    }

    /// <inheritdoc cref="IWorkLedger.SetKeyAsync"/>
    public async Task SetKeyAsync(string key, WorkKeyChange change, CancellationToken cancellationToken)
    {
        await ledger.SetKeyAsync(key, change, cancellationToken);
        Wake();
    }

    /// <summary>Looks for due items now: a statement has just added one, or changed what holds it back.</summary>
    public void Wake() => Woken?.Invoke();

    /// <summary>Ends the work of this process on items that a statement has just withdrawn.</summary>
    public void Cancel(string kind, IReadOnlyCollection<Guid> references) => Withdrawn?.Invoke(kind, references);
}
