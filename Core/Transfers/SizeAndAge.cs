namespace ChunkUpload.Core.Transfers;

/// <summary>Which files a transfer includes by their size and by their age. Folders are always read.</summary>
public static class SizeAndAge
{
    /// <summary>Returns whether a file is within the bounds; what the storage does not say is.</summary>
    public static bool Allows(TransferOptions options, SourceItem item, DateTimeOffset now)
    {
        if (item.Kind == StorageItemKind.Folder)
            return true;
        var age = (now - item.Modified)?.TotalSeconds;
        return !(item.Size < options.MinSize) && !(item.Size > options.MaxSize) && !(age < options.MinAge) && !(age > options.MaxAge);
    }
}
