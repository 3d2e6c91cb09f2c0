using ChunkUpload.Core.Access;

namespace ChunkUpload.Api.Access.SigningIn;

/// <summary>Whether users exist who can sign in by a name. Once there are some, the ledger is not asked again.</summary>
internal sealed class KnownPeople(IPeopleLedger ledger)
{
    // The page for signing in opens also while the ledger is away.
    private static readonly TimeSpan Patience = TimeSpan.FromSeconds(1);

    private volatile bool _areThere;

    /// <returns>Null if the ledger does not answer in time.</returns>
    public async Task<bool?> AreThereAsync(CancellationToken cancellationToken)
    {
        if (_areThere)
            return true;
        using var stop = CancellationTokenSource.CreateLinkedTokenSource(cancellationToken);
        stop.CancelAfter(Patience);
        try
        {
            return _areThere = await ledger.HasUserAsync(stop.Token);
        }
        catch (LedgerUnavailableException)
        {
            return null;
        }
        catch (OperationCanceledException) when (!cancellationToken.IsCancellationRequested)
        {
            return null;
        }
    }
}
