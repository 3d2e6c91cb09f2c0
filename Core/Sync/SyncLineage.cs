using ChunkUpload.Core.Connections;

namespace ChunkUpload.Core.Sync;

/// <summary>Finds the folders that contain an item.</summary>
internal static class SyncLineage
{
    private const int MostLevels = 200;

    /// <returns>The ids of all folders above the item, in the form in which they are compared.</returns>
    public static async Task<Outcome<IReadOnlyList<string>>> ReadAsync(
        ISource source, SourceItem item, CancellationToken cancellationToken)
    {
        var folders = new List<string>();
        while (item.Parent is { } parent)
        {
            if (folders.Count == MostLevels)
                return new StorageFault(FaultKind.Refused, $"The storage has more than {MostLevels} folders in each other there.");
            folders.Add(source.NormalOf(parent));
            var found = await source.StatAsync(parent, cancellationToken);
            // Folders above a shared one are not visible.
            if (found is { Ok: false, Fault.Kind: FaultKind.Gone or FaultKind.Refused })
                break;
            if (!found.Ok)
                return found.Fault;
            item = found.Value;
        }

        return folders;
    }
}
