namespace ChunkUpload.Emulators.Drive;

/// <summary>The <c>orderBy</c> parameter: keys with an optional <c>desc</c>, the first one decides.</summary>
internal static class FileOrder
{
    public static IReadOnlyList<DriveFile> Sort(IEnumerable<DriveFile> files, string? orderBy, string me)
    {
        var sorted = files.OrderBy(_ => 0);
        foreach (var key in (orderBy ?? "").Split(',', StringSplitOptions.RemoveEmptyEntries | StringSplitOptions.TrimEntries))
        {
            var words = key.Split(' ', StringSplitOptions.RemoveEmptyEntries);
            var falls = words.Length == 2 && words[1] == "desc";
            if (words.Length > 2 || (words.Length == 2 && !falls && words[1] != "asc"))
                throw DriveException.Invalid("orderBy", "Invalid Value");
            sorted = words[0] switch
            {
                // Folders come first.
                "folder" => Then(sorted, file => file.IsFolder ? 0 : 1, falls),
                "name" => Then(sorted, file => file.Name, falls, StringComparer.OrdinalIgnoreCase),
                "name_natural" => Then(sorted, file => file.Name, falls, StringComparer.Create(
                    System.Globalization.CultureInfo.InvariantCulture, System.Globalization.CompareOptions.NumericOrdering)),
                "createdTime" => Then(sorted, file => file.Created, falls),
                "modifiedTime" or "modifiedByMeTime" or "recency" or "viewedByMeTime" => Then(sorted, file => file.Modified, falls),
                "quotaBytesUsed" => Then(sorted, file => file.Head?.Content.Length ?? 0, falls),
                "sharedWithMeTime" => Then(sorted, file => file.SharedAt.GetValueOrDefault(me), falls),
                "starred" => Then(sorted, file => file.Starred ? 0 : 1, falls),
                _ => throw DriveException.Invalid("orderBy", "Invalid Value"),
            };
        }

        return [.. sorted.ThenBy(file => file.Sequence)];
    }

    private static IOrderedEnumerable<DriveFile> Then<TKey>(
        IOrderedEnumerable<DriveFile> sorted, Func<DriveFile, TKey> key, bool falls, IComparer<TKey>? comparer = null) =>
        falls ? sorted.ThenByDescending(key, comparer) : sorted.ThenBy(key, comparer);
}
