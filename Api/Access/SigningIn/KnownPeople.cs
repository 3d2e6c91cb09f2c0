using ChunkUpload.Core.Access;

namespace ChunkUpload.Api.Access.SigningIn;

/// <summary>Caches whether users exist who can sign in by a name. Once there are some, the ledger is not queried again.</summary>
internal sealed class KnownPeople(IPeopleLedger ledger)
{
    // The sign-in page must also open if the ledger is unavailable.
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
