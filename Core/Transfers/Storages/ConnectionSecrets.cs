using ChunkUpload.Core.Access;
using ChunkUpload.Core.Connections;
using ChunkUpload.Core.Work;

namespace ChunkUpload.Core.Transfers.Storages;

/// <summary>Stores secrets that people enter, after the storage has accepted them and returned the account.</summary>
public sealed class ConnectionSecrets(IConnectionLedger connections, ConnectionOptions options, WorkQueue queue, TimeProvider time)
{
    /// <param name="title">The title; null for the account's name.</param>
    /// <returns>The connection, or why the storage refuses it; neither if the owner has the maximum number of connections.</returns>
    public async Task<(Connection? Made, StorageFault? Fault)> AddAsync(
        Caller owner, IConnector connector, ConnectionSecret secret, IReadOnlyDictionary<string, string> settings, string? title,
        CancellationToken cancellationToken)
    {
        var now = time.GetUtcNow();
        var connection = new Connection(
            Guid.NewGuid(), owner.Tenant, owner.Subject, connector.Kind, title ?? connector.Kind, null, ConnectionState.Ready, now, now)
        {
            Settings = settings,
        };
        var trial = new SecretTrial(secret);
        var account = await connector.AccountAsync(Context(owner, connection, trial), cancellationToken);
        if (!account.Ok)
            return (null, account.Fault);
        connection = connection with
        {
            Title = title ?? account.Value.Name ?? connector.Kind,
            Account = account.Value.Name,
            AccountId = account.Value.Id,
            UsedBytes = account.Value.UsedBytes,
            TotalBytes = account.Value.TotalBytes,
            CheckedAt = now,
        };
        // The provider may have replaced the refresh token, so the new one is stored even if the client has disconnected.
        return await connections.AddAsync(connection, trial.Secret, options.MostPerUser, CancellationToken.None)
            ? (connection, null)
            : (null, null);
    }

    /// <returns>Why the secret does not replace the stored one; null if it does.</returns>
    public async Task<SecretRefusal?> RenewAsync(
        Caller owner, Connection connection, IConnector connector, ConnectionSecret secret, CancellationToken cancellationToken)
    {
        var trial = new SecretTrial(secret);
        var account = await connector.AccountAsync(
            Context(owner, connection with { State = ConnectionState.Ready }, trial), cancellationToken);
        if (!account.Ok)
            return new SecretRefusal(ConnectionSignIns.FaultOf(account.Fault), account.Fault.Sentence);
        if (!connection.IsOf(account.Value))
            return new SecretRefusal(ConnectionSignInFault.OtherAccount, null);
        if (!await connections.RenewAsync(connection.Tenant, connection.Subject, connection.Id, trial.Secret, CancellationToken.None))
            return new SecretRefusal(ConnectionSignInFault.Removed, null);
        await connections.CheckedAsync(connection.Id, account.Value, CancellationToken.None);
        queue.Wake();
        return null;
    }

    private static ConnectorContext Context(Caller owner, Connection connection, SecretTrial trial) =>
        new(owner, connection, NoCallLog.Instance) { Trial = trial };
}

/// <param name="Sentence">The storage's message; null if the fault is sufficient.</param>
public sealed record SecretRefusal(ConnectionSignInFault Fault, string? Sentence);
