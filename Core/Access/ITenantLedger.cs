namespace ChunkUpload.Core.Access;

/// <summary>Stores tenants. Each change raises the version of the access rights.</summary>
public interface ITenantLedger
{
    /// <returns>False if the name is taken.</returns>
    Task<bool> AddAsync(string name, string title, CancellationToken cancellationToken);

    Task<Tenant?> FindAsync(string name, CancellationToken cancellationToken);

    Task<IReadOnlyList<Tenant>> ListAsync(CancellationToken cancellationToken);

    /// <summary>Changes the values that are not null.</summary>
    Task<bool> ChangeAsync(string name, string? title, bool? suspended, CancellationToken cancellationToken);

    /// <summary>Marks the tenant as removed; a job removes its data.</summary>
    Task<bool> RemoveAsync(string name, CancellationToken cancellationToken);
}
