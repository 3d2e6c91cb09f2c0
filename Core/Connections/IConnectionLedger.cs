namespace ChunkUpload.Core.Connections;

/// <summary>Stores connections. Their secrets are protected at rest.</summary>
public interface IConnectionLedger
{
    /// <returns>False if the owner has the maximum number of connections.</returns>
    Task<bool> AddAsync(Connection connection, ConnectionSecret secret, int most, CancellationToken cancellationToken);

    Task<Connection?> FindAsync(string tenant, string subject, Guid id, CancellationToken cancellationToken);

    /// <summary>Returns a connection of any owner, for background work that has checked the owner.</summary>
    Task<Connection?> GetAsync(Guid id, CancellationToken cancellationToken);

    /// <summary>Returns the connections of a subject, the oldest first.</summary>
    Task<IReadOnlyList<Connection>> ListAsync(string tenant, string subject, CancellationToken cancellationToken);

    Task<bool> RenameAsync(string tenant, string subject, Guid id, string title, CancellationToken cancellationToken);

    /// <summary>Returns whether another connection, of whatever user, has the same account.</summary>
    Task<bool> SharesAccountAsync(Connection connection, CancellationToken cancellationToken);

    /// <summary>Removes the connection with its secret, and cancels the transfers that use it.</summary>
    Task<bool> RemoveAsync(string tenant, string subject, Guid id, CancellationToken cancellationToken);

    /// <summary>Returns null if there is no such connection, or the keys that protected its secret are gone.</summary>
    Task<HeldSecret?> SecretAsync(Guid id, CancellationToken cancellationToken);

    /// <summary>
    /// Acquires the lease to refresh the token, which one caller on all nodes holds at a time, until it stores the new token or ends the
    /// lease.
    /// </summary>
    /// <returns>False if another caller holds the lease.</returns>
    Task<bool> LeaseRefreshAsync(Guid id, TimeSpan lease, CancellationToken cancellationToken);

    /// <summary>Ends a lease whose refresh has failed.</summary>
    Task EndRefreshAsync(Guid id, CancellationToken cancellationToken);

    /// <summary>Stores the secret of a refresh and ends its lease. Returns false if another refresh was stored first.</summary>
    Task<bool> RefreshAsync(Guid id, long epoch, ConnectionSecret secret, CancellationToken cancellationToken);

    /// <summary>Replaces the secret after its owner has signed in again. Work that waited for the sign-in continues.</summary>
    Task<bool> RenewAsync(string tenant, string subject, Guid id, ConnectionSecret secret, CancellationToken cancellationToken);

    /// <summary>Records a state. Work with the connection waits while it is not ready.</summary>
    Task SetStateAsync(Guid id, ConnectionState state, string? error, CancellationToken cancellationToken);

    /// <summary>Records what a test of the connection found.</summary>
    Task CheckedAsync(Guid id, StorageAccount account, CancellationToken cancellationToken);

    /// <summary>Delays all work with the connection until the pause has passed. Transfers that use it show the reason.</summary>
    /// <param name="fault">A limit of the storage.</param>
    Task HoldAsync(Guid id, TimeSpan pause, StorageFault fault, CancellationToken cancellationToken);
}

/// <summary>The account behind a connection and its space.</summary>
/// <param name="TotalBytes">Null if there is no limit.</param>
public sealed record StorageAccount(string? Name, long? UsedBytes, long? TotalBytes)
{
    /// <summary>The account's id at the provider, which stays the same if the name changes.</summary>
    public string? Id { get; init; }
}
