using ChunkUpload.Core.Access;
using ChunkUpload.Core.Tree;
using ChunkUpload.Core.Limits;
using ChunkUpload.Core.Storage;

namespace ChunkUpload.Api.Dav;

/// <summary>Reads the size of a space, and how many bytes the caller may still add, limited by the store and the caller's limits.
/// </summary>
internal sealed class DavQuotas(FileTree tree, LimitBook limits, ILimitLedger ledger, Stores stores)
{
    public async Task<DavQuota?> OfAsync(Caller caller, EntryId space, CancellationToken cancellationToken)
    {
        var found = await tree.SpaceAsync(caller, space, change: false, cancellationToken);
        if (!found.Ok)
            return null;
        var health = stores.Health;
        var room = health.FreeBytes - health.ReserveBytes;
        foreach (var (target, values) in limits.Of(caller))
        {
            if (values.StoredBytes is { } most)
                room = Math.Min(room, most - (await ledger.UsageAsync(target.Tenant, target.Id, cancellationToken)).StoredBytes);
        }

        return new DavQuota(found.Value.Bytes, Math.Max(0, room));
    }
}
