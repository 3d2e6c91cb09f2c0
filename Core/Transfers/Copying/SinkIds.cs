using ChunkUpload.Core.Connections;

namespace ChunkUpload.Core.Transfers.Copying;

internal static class SinkIds
{
    /// <summary>Returns an id for a new object; <c>null</c> if the storage generates ids itself.</summary>
    public static async Task<(string? Id, StorageFault? Fault)> NewIdAsync(this ISink sink, CancellationToken cancellationToken)
    {
        if (!sink.Traits.Ids)
            return (null, null);
        var ids = await sink.NewIdsAsync(1, cancellationToken);
        return ids.Ok ? (ids.Value is [var id, ..] ? id : null, null) : (null, ids.Fault);
    }
}
