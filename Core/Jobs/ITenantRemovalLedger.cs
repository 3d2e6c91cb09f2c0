using ChunkUpload.Core.Uploads;

namespace ChunkUpload.Core.Jobs;

/// <summary>
/// Removes the data of a tenant whose removal was requested, in batches. Every call is one transaction and may be repeated.
/// </summary>
public interface ITenantRemovalLedger
{
    /// <summary>
    /// Marks everything in the tenant's spaces for the purge of the trash, and ends uploads that lie in no space. Returns those that it
    /// ended.
    /// </summary>
    Task<IReadOnlyList<PurgedUpload>> EndUploadsAsync(string tenant, int limit, CancellationToken cancellationToken);

    /// <summary>
    /// Removes a batch of uploads that have ended, and with the last one the tenant: spaces, keys, sessions, memberships, and the users who
    /// belong to no other tenant.
    /// </summary>
    /// <returns>False if data remains.</returns>
    Task<bool> TryRemoveAsync(string tenant, int limit, CancellationToken cancellationToken);
}
