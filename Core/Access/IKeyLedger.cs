namespace ChunkUpload.Core.Access;

/// <summary>Stores API keys under the SHA-256 of their secrets. Each change raises the version of the access rights.</summary>
public interface IKeyLedger
{
    Task AddAsync(ApiKey key, byte[] secret, CancellationToken cancellationToken);

    /// <param name="tenant">Null: in any tenant.</param>
    Task<ApiKey?> FindAsync(string? tenant, Guid id, CancellationToken cancellationToken);

    /// <summary>The newest first.</summary>
    /// <param name="user">Only the keys of this user; null: all of the tenant.</param>
    Task<IReadOnlyList<ApiKey>> ListAsync(string tenant, Guid? user, Guid? after, int limit, CancellationToken cancellationToken);

    /// <summary>Adds a secret; the earlier ones are valid for a while yet.</summary>
    /// <param name="madeWith">The key of the request: the secret ends when that key is revoked. Null if the request has no key.</param>
    /// <returns>False if there is no such key, or it was revoked.</returns>
    Task<bool> RotateAsync(
        string tenant, Guid id, string prefix, byte[] secret, TimeSpan overlap, Guid? madeWith, CancellationToken cancellationToken);

    /// <returns>False if there is no such key.</returns>
    Task<bool> RevokeAsync(string tenant, Guid id, CancellationToken cancellationToken);

    /// <summary>Enables keys that came back with a backup.</summary>
    /// <param name="id">Null: all, of every tenant.</param>
    /// <returns>How many.</returns>
    Task<int> EnableAsync(Guid? id, CancellationToken cancellationToken);
}
