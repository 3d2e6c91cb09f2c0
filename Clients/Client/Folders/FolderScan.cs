using ChunkUpload.Client.Uploads;

namespace ChunkUpload.Client.Folders;

internal enum LocalKind
{
    File,
    Folder,
    Link,

    /// <summary>It cannot be transferred; the message says why.</summary>
    Other,
}

/// <summary>What lies in a local folder.</summary>
/// <param name="Path">The path below the folder, with slashes.</param>
/// <param name="Full">The full path.</param>
/// <param name="Message">The reason why the entry cannot be moved.</param>
/// <param name="IsUnknown">Whether the kind of the entry could not be determined.</param>
internal sealed record LocalEntry(
    string Path, string Full, LocalKind Kind, long Size, DateTime Modified, string? Mode, string? LinkTarget, string? Message = null,
    bool IsUnknown = false);

/// <summary>Goes through a folder without holding more of it than the open folders of one path.</summary>
/// <param name="rules">The rules for excluded entries.</param>
/// <param name="links">How links are handled.</param>
/// <param name="only">The paths to scan; null for the whole folder.</param>
/// <param name="parts">Whether the parts of files that are still coming belong to it.</param>
/// <param name="excluded">Receives what the rules leave out; of a folder nothing below it.</param>
internal sealed class FolderScan(
    IgnoreRules rules, LinkPolicy links, PathSelection? only = null, bool parts = false, Action<LocalEntry>? excluded = null)
{
    private static readonly EnumerationOptions All = new() { AttributesToSkip = 0, IgnoreInaccessible = false };

    /// <summary>How many parts of files were left out so far.</summary>
    public int Parts { get; private set; }

    public IEnumerable<LocalEntry> Walk(string root)
    {
        var open = new Stack<Level>();
        open.Push(new Level("", Real(new DirectoryInfo(root)), new DirectoryInfo(root).EnumerateFileSystemInfos("*", All).GetEnumerator()));
        try
        {
            while (open.TryPeek(out var level))
            {
                var (item, failure) = Next(level);
                if (failure is not null)
                    yield return new LocalEntry(level.Path, root, LocalKind.Other, 0, default, null, null, failure, IsUnknown: true);
                if (item is null)
                {
                    open.Pop().Items.Dispose();
                    continue;
                }

                var path = level.Path.Length == 0 ? item.Name : $"{level.Path}/{item.Name}";
                var entry = Describe(item, path, open, out var into);
                if (entry is null || only?.Has(path) == false)
                    continue;
                if (rules.Excludes(path, into is not null))
                {
                    excluded?.Invoke(entry);
                    continue;
                }

                yield return entry;
                if (into is null)
                    continue;
                var (items, refused) = Open(into);
                if (items is not null)
                    open.Push(new Level(path, Real(into), items));
                else
                    yield return entry with { Kind = LocalKind.Other, Message = refused, IsUnknown = true };
            }
        }
        finally
        {
            foreach (var level in open)
                level.Items.Dispose();
        }
    }

    public static string? ModeOf(FileSystemInfo item) => OperatingSystem.IsWindows()
        ? null
        : Convert.ToString((int)item.UnixFileMode & 0x1FF, 8).PadLeft(4, '0');

    /// <param name="into">The folder to go into.</param>
    private LocalEntry? Describe(FileSystemInfo item, string path, Stack<Level> open, out DirectoryInfo? into)
    {
        into = null;
        if (!parts && PartFiles.Is(item.Name))
        {
            Parts++;
            return null;
        }

        try
        {
            if (item.LinkTarget is { } target)
            {
                if (links == LinkPolicy.Skip)
                    return Other(item, path, "It is a link.");
                if (links == LinkPolicy.Keep)
                {
                    // Elsewhere a backslash is a letter.
                    var text = OperatingSystem.IsWindows() ? target.Replace('\\', '/') : target;
                    return new LocalEntry(path, item.FullName, LocalKind.Link, 0, item.LastWriteTimeUtc, null, text);
                }

                var end = item.ResolveLinkTarget(returnFinalTarget: true);
                if (end is not { Exists: true })
                    return Other(item, path, "The link leads nowhere.") with { IsUnknown = true };
                if (end is DirectoryInfo folder && open.Any(level => level.Real == Real(folder)))
                    return Other(item, path, "The link leads to a folder that it lies in.");
                item = end;
            }

            if (item is DirectoryInfo directory)
            {
                into = directory;
                return new LocalEntry(path, item.FullName, LocalKind.Folder, 0, item.LastWriteTimeUtc, ModeOf(item), null);
            }

            var file = (FileInfo)item;
            return RegularFile.Is(file)
                ? new LocalEntry(path, item.FullName, LocalKind.File, file.Length, item.LastWriteTimeUtc, ModeOf(item), null)
                : Other(item, path, "It is no file, folder or link.");
        }
        catch (Exception failure) when (failure is IOException or UnauthorizedAccessException)
        {
            return Other(item, path, failure.Message) with { IsUnknown = true };
        }
    }

    private static LocalEntry Other(FileSystemInfo item, string path, string message) =>
        new(path, item.FullName, LocalKind.Other, 0, default, null, null, message);

    private static (FileSystemInfo? Item, string? Failure) Next(Level level)
    {
        try
        {
            return (level.Items.MoveNext() ? level.Items.Current : null, null);
        }
        catch (Exception failure) when (failure is IOException or UnauthorizedAccessException)
        {
            return (null, failure.Message);
        }
    }

    private static (IEnumerator<FileSystemInfo>? Items, string? Failure) Open(DirectoryInfo folder)
    {
        try
        {
            return (folder.EnumerateFileSystemInfos("*", All).GetEnumerator(), null);
        }
        catch (Exception failure) when (failure is IOException or UnauthorizedAccessException)
        {
            return (null, failure.Message);
        }
    }

    private static string Real(DirectoryInfo folder) => Path.TrimEndingDirectorySeparator(
        (folder.LinkTarget is null ? folder : folder.ResolveLinkTarget(returnFinalTarget: true) ?? folder).FullName);

    private sealed record Level(string Path, string Real, IEnumerator<FileSystemInfo> Items);
}
