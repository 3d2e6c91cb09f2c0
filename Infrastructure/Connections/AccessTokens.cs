using System.Collections.Concurrent;
using ChunkUpload.Core.Connections;

namespace ChunkUpload.Infrastructure.Connections;

/// <summary>
/// Provides the access tokens of connections. A token is renewed before it expires, by one caller at a time; a refresh token that the
/// provider has replaced is stored before the new access token is used, so that a kill does not lose it.
/// </summary>
internal sealed class AccessTokens(IConnectionLedger ledger, TimeProvider time)
{
    private static readonly TimeSpan RememberFor = TimeSpan.FromSeconds(30);
    private static readonly TimeSpan RenewBefore = TimeSpan.FromMinutes(5);

    // Longer than any request for a token takes. If a node is killed, another one waits this long.
    private static readonly TimeSpan Lease = TimeSpan.FromMinutes(1);
    private static readonly TimeSpan Look = TimeSpan.FromMilliseconds(250);

    private readonly ConcurrentDictionary<Guid, Known> _known = new();

    /// <summary>Returns the time after which to renew a token with this validity.</summary>
    public static TimeSpan RenewAfter(TimeSpan validFor) => validFor - (validFor / 4 < RenewBefore ? validFor / 4 : RenewBefore);

    /// <param name="context">The context with the connection, or with a secret that is tested and not stored.</param>
    /// <param name="rejected">An access token that the provider has just refused, or null.</param>
    /// <param name="refresh">Requests a new access token from the provider.</param>
    public async Task<Outcome<string>> GetAsync(
        ConnectorContext context, string? rejected, Func<ConnectionSecret, CancellationToken, Task<Outcome<ConnectionSecret>>> refresh,
        CancellationToken cancellationToken)
    {
        if (context.Trial is { } trial)
            return await TryAsync(trial, rejected, refresh, cancellationToken);
        var (connection, epoch) = (context.Connection!.Id, context.Connection.SecretEpoch);
        var known = _known.GetOrAdd(connection, _ => new Known());
        await known.Turn.WaitAsync(cancellationToken);
        try
        {
            for (var again = false; ;)
            {
                if (known.Secret is not { } held || again || held.Epoch < epoch || time.GetElapsedTime(known.ReadAt) > RememberFor)
                {
                    known.ReadAt = time.GetTimestamp();
                    if (await ledger.SecretAsync(connection, cancellationToken) is not { } read)
                    {
                        return new StorageFault(
                            FaultKind.SignIn, "The saved sign-in cannot be read any more. Sign in again.");
                    }

                    // Another process has signed in or renewed the token.
                    if (again && known.Secret?.Epoch == read.Epoch)
                        return known.Fault!;
                    known.Secret = held = read;
                }

                if (held.Secret is { AccessToken: { } token, AccessEndsAt: { } end } && token != rejected && time.GetUtcNow() < end)
                    return token;
                if (!await LeaseAsync(connection, held.Epoch, cancellationToken))
                {
                    (known.Secret, again) = (null, false);
                    continue;
                }

                var refreshed = await UnderLeaseAsync(connection, held.Secret, refresh, cancellationToken);
                if (!refreshed.Ok)
                {
                    known.Fault = refreshed.Fault;
                    if (refreshed.Fault.Kind != FaultKind.SignIn || again)
                        return refreshed.Fault;
                    again = true;
                    continue;
                }

                // The provider has issued the token, so it is stored even while the service stops.
                if (await ledger.RefreshAsync(connection, held.Epoch, refreshed.Value, CancellationToken.None))
                    known.Secret = new HeldSecret(refreshed.Value, held.Epoch + 1);
                else
                    known.Secret = null;
                if (refreshed.Value.AccessToken is { } fresh)
                    return fresh;
                again = true;
            }
        }
        finally
        {
            _ = known.Turn.Release();
        }
    }

    /// <summary>
    /// Waits until no other node requests a token, because the provider may accept a refresh token only once.
    /// </summary>
    /// <returns>False if the secret has changed in the meantime.</returns>
    private async Task<bool> LeaseAsync(Guid connection, long epoch, CancellationToken cancellationToken)
    {
        while (true)
        {
            var isLeased = await ledger.LeaseRefreshAsync(connection, Lease, cancellationToken);
            if ((await ledger.SecretAsync(connection, cancellationToken))?.Epoch == epoch)
            {
                if (isLeased)
                    return true;
                await Task.Delay(Look, time, cancellationToken);
                continue;
            }

            if (isLeased)
                await ledger.EndRefreshAsync(connection, CancellationToken.None);
            return false;
        }
    }

    /// <summary>Requests a token from the provider, and ends the lease if there is nothing to store.</summary>
    private async Task<Outcome<ConnectionSecret>> UnderLeaseAsync(
        Guid connection, ConnectionSecret secret, Func<ConnectionSecret, CancellationToken, Task<Outcome<ConnectionSecret>>> refresh,
        CancellationToken cancellationToken)
    {
        var isRefreshed = false;
        try
        {
            var refreshed = await refresh(secret, cancellationToken);
            isRefreshed = refreshed.Ok;
            return refreshed;
        }
        finally
        {
            if (!isRefreshed)
                await ledger.EndRefreshAsync(connection, CancellationToken.None);
        }
    }

    private static async Task<Outcome<string>> TryAsync(
        SecretTrial trial, string? rejected, Func<ConnectionSecret, CancellationToken, Task<Outcome<ConnectionSecret>>> refresh,
        CancellationToken cancellationToken)
    {
        if (trial.Secret.AccessToken is { } token && token != rejected)
            return token;
        var refreshed = await refresh(trial.Secret, cancellationToken);
        if (!refreshed.Ok)
            return refreshed.Fault;
        trial.Secret = refreshed.Value;
        return refreshed.Value.AccessToken is { } fresh
            ? fresh
            : new StorageFault(FaultKind.Transient, "The storage sent no token.");
    }

    private sealed class Known
    {
        public SemaphoreSlim Turn { get; } = new(1);

        public HeldSecret? Secret { get; set; }

        public long ReadAt { get; set; }

        public StorageFault? Fault { get; set; }
    }
}
