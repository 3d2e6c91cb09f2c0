namespace ChunkUpload.Core.Connections;

/// <summary>Stores connections. Their secrets are protected at rest.</summary>
public interface IConnectionLedger
{
    /// <returns>False if the owner has as many as a user may have.</returns>
    Task<bool> AddAsync(Connection connection, ConnectionSecret secret, int most, CancellationToken cancellationToken);

    Task<Connection?> FindAsync(string tenant, string subject, Guid id, CancellationToken cancellationToken);

    /// <summary>A connection of any owner, for background work that has checked whose it is.</summary>
    Task<Connection?> GetAsync(Guid id, CancellationToken cancellationToken);

    /// <summary>The oldest first.</summary>
    Task<IReadOnlyList<Connection>> ListAsync(string tenant, string subject, CancellationToken cancellationToken);

    Task<bool> RenameAsync(string tenant, string subject, Guid id, string title, CancellationToken cancellationToken);

    /// <summary>Whether another connection, of whatever user, has the same account.</summary>
    Task<bool> SharesAccountAsync(Connection connection, CancellationToken cancellationToken);

    /// <summary>Removes the connection with its secret, and cancels the transfers that use it.</summary>
    Task<bool> RemoveAsync(string tenant, string subject, Guid id, CancellationToken cancellationToken);

    /// <summary>Null if there is no such connection, or the keys that protected its secret are gone.</summary>
    Task<HeldSecret?> SecretAsync(Guid id, CancellationToken cancellationToken);

    /// <summary>
    /// Lets one caller at a time, on whichever node, ask the provider for another token, until it stores that or gives up.
    /// </summary>
    /// <returns>False while another caller may ask.</returns>
    Task<bool> LeaseRefreshAsync(Guid id, TimeSpan lease, CancellationToken cancellationToken);

    /// <summary>Ends a lease whose refresh has failed.</summary>
    Task EndRefreshAsync(Guid id, CancellationToken cancellationToken);

    /// <summary>Stores the secret that a refresh brought, and ends its lease. False if another refresh was faster.</summary>
    Task<bool> RefreshAsync(Guid id, long epoch, ConnectionSecret secret, CancellationToken cancellationToken);

    /// <summary>Replaces the secret after its owner has signed in again. Work that waited for that goes on.</summary>
    Task<bool> RenewAsync(string tenant, string subject, Guid id, ConnectionSecret secret, CancellationToken cancellationToken);

    /// <summary>Records a state. Work with the connection waits while it is not ready.</summary>
    Task SetStateAsync(Guid id, ConnectionState state, string? error, CancellationToken cancellationToken);

    /// <summary>Records what a test of the connection found.</summary>
    Task CheckedAsync(Guid id, StorageAccount account, CancellationToken cancellationToken);

    /// <summary>No work with the connection begins before the pause is over, and the transfers that use it say why.</summary>
    /// <param name="fault">A limit of the storage.</param>
    Task HoldAsync(Guid id, TimeSpan pause, StorageFault fault, CancellationToken cancellationToken);
}

/// <summary>The account behind a connection and its space.</summary>
/// <param name="TotalBytes">Null: no limit.</param>
public sealed record StorageAccount(string? Name, long? UsedBytes, long? TotalBytes)
{
    /// <summary>As the provider knows it: it stays when the name changes.</summary>
    public string? Id { get; init; }
}
