namespace ChunkUpload.Core.Transfers;

/// <summary>Decides which files a transfer includes by size and age. Folders are always read.</summary>
public static class SizeAndAge
{
    /// <summary>Returns whether a file is within the limits. An unknown size or time is.</summary>
    public static bool Allows(TransferOptions options, SourceItem item, DateTimeOffset now)
    {
        if (item.Kind == StorageItemKind.Folder)
            return true;
        var age = (now - item.Modified)?.TotalSeconds;
        return !(item.Size < options.MinSize) && !(item.Size > options.MaxSize) && !(age < options.MinAge) && !(age > options.MaxAge);
    }
}
