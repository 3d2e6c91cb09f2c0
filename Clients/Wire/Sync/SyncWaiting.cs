namespace ChunkUpload.Wire.Sync;

/// <summary>
/// Finds files that wait before anything happens to them: documents that an office program has open on a side, as the owner file beside
/// them tells, and empty files that are so new that their content may just be coming.
/// </summary>
public static class SyncWaiting
{
    /// <summary>How long a new empty file waits.</summary>
    public static readonly TimeSpan Empty = TimeSpan.FromMinutes(1);

    private const string Office = "~$";
    private const string LibreOffice = ".~lock.";

    /// <param name="bases">By path.</param>
    /// <param name="left">By path, including the items that are left out.</param>
    /// <param name="right">By path, including the items that are left out.</param>
    public static HashSet<string> Find(
        IReadOnlyDictionary<string, SyncBase> bases, IReadOnlyDictionary<string, SyncEntry> left,
        IReadOnlyDictionary<string, SyncEntry> right, DateTimeOffset now)
    {
        var found = new HashSet<string>(StringComparer.Ordinal);
        foreach (var side in new[] { left, right })
        {
            var owned = side.Keys.Select(OwnedBy).OfType<string>().ToHashSet(StringComparer.Ordinal);
            foreach (var (path, item) in side)
            {
                if (item.IsFolder || item.LeftOut is not null)
                    continue;
                if (IsNewAndEmpty(item, now) && !bases.ContainsKey(path))
                    _ = found.Add(path);
                else if (owned.Count > 0 && NamesOf(path).Any(owned.Contains))
                    _ = found.Add(path);
            }
        }

        return found;
    }

    private static bool IsNewAndEmpty(SyncEntry item, DateTimeOffset now) =>
        item.Size == 0 && now - item.Modified is { Ticks: >= 0 } age && age < Empty;

    /// <summary>What an owner file says of its document: its path, but for the first letters of the name.</summary>
    /// <returns><c>null</c> if it is no owner file.</returns>
    private static string? OwnedBy(string path)
    {
        var end = path.LastIndexOf('/') + 1;
        var name = path[end..];
        return name.StartsWith(LibreOffice, StringComparison.Ordinal) && name.EndsWith('#') ? path[..end] + name[LibreOffice.Length..^1]
            : name.StartsWith(Office, StringComparison.Ordinal) ? path[..end] + name[Office.Length..]
            : null;
    }

    /// <summary>
    /// The path of a document as owner files have it: "~$" stands before its name, or in place of its first one or two letters.
    /// </summary>
    private static IEnumerable<string> NamesOf(string path)
    {
        var end = path.LastIndexOf('/') + 1;
        for (var letters = 0; letters <= Office.Length && end + letters < path.Length; letters++)
            yield return path[..end] + path[(end + letters)..];
    }
}
