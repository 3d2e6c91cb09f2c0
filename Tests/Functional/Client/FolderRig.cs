using System.Globalization;

namespace ChunkUpload.Tests.Functional.Client;

/// <summary>Local folders with everything that a file system may hold.</summary>
internal static class FolderRig
{
    private static readonly DateTime Old = new DateTime(2019, 8, 7, 6, 5, 4, DateTimeKind.Utc).AddTicks(3_210_987);

    /// <returns>How many files, links and folders it holds.</returns>
    public static int Fill(string root, int files)
    {
        var lengths = (int[])[0, 1, 100, 4096, 70_000];
        for (var at = 0; at < files; at++)
            Write(root, $"d{at % 7}/s{at % 3}/f{at}.bin", lengths[at % lengths.Length], at);
        string[] odd =
        [
            "a b/c d.txt", "new\nline/x\ny.txt", "ünï/日本語.txt", new string('n', 255), new string('ü', 127) + "x", "100%#?&.txt",
            "q\"uo\\te.txt",
        ];
        foreach (var (name, at) in odd.Select((name, at) => (name, at)))
            Write(root, name, 10 + at, at);
        Write(root, "big/large.bin", 9 << 20, 77);
        Write(root, "big/middle.bin", 2 << 20, 78);
        File.SetUnixFileMode(Path.Combine(root, "a b/c d.txt"), UnixFileMode.UserRead | UnixFileMode.UserWrite | UnixFileMode.GroupRead);
        _ = Directory.CreateDirectory(Path.Combine(root, "empty/deeper"));
        File.SetUnixFileMode(
            Path.Combine(root, "empty"),
            UnixFileMode.UserRead | UnixFileMode.UserWrite | UnixFileMode.UserExecute | UnixFileMode.GroupRead);
        _ = File.CreateSymbolicLink(Path.Combine(root, "big/link"), "../a b/c d.txt");
        _ = File.CreateSymbolicLink(Path.Combine(root, "dangling"), "nowhere/ü");
        _ = File.CreateSymbolicLink(Path.Combine(root, "to-folder"), "d1");
        _ = File.CreateSymbolicLink(Path.Combine(root, "back"), @"x\y");
        Age(root);
        return Snapshot(root).Count;
    }

    /// <summary>Folders get times that nothing but a transfer can give them.</summary>
    public static void Age(string root)
    {
        var folders = Directory.EnumerateDirectories(root, "*", new EnumerationOptions
        {
            RecurseSubdirectories = true,
            AttributesToSkip = FileAttributes.ReparsePoint,
        }).ToList();
        foreach (var (folder, at) in folders.Order(StringComparer.Ordinal).Select((folder, at) => (folder, at)))
            Directory.SetLastWriteTimeUtc(folder, Old.AddDays(at));
    }

    public static void Write(string root, string name, int length, int seed)
    {
        var path = Path.Combine(root, name);
        _ = Directory.CreateDirectory(Path.GetDirectoryName(path)!);
        File.WriteAllBytes(path, ClientRig.Bytes(length, seed));
        File.SetLastWriteTimeUtc(path, Old.AddMinutes(seed));
    }

    /// <summary>A line for each entry, with all that a transfer keeps.</summary>
    public static SortedDictionary<string, string> Snapshot(string root)
    {
        var lines = new SortedDictionary<string, string>(StringComparer.Ordinal);
        Add(new DirectoryInfo(root), "");
        return lines;

        void Add(DirectoryInfo folder, string above)
        {
            foreach (var item in folder.EnumerateFileSystemInfos("*", new EnumerationOptions { AttributesToSkip = 0 }))
            {
                var name = above + item.Name;
                if (item.LinkTarget is { } target)
                {
                    lines[name] = string.Create(CultureInfo.InvariantCulture, $"-> {target} {item.LastWriteTimeUtc.Ticks}");
                    continue;
                }

                var about = string.Create(
                    CultureInfo.InvariantCulture, $"{(int)item.UnixFileMode} {item.LastWriteTimeUtc.Ticks}");
                lines[name] = item is FileInfo ? $"{about} {ClientRig.Sha256(File.ReadAllBytes(item.FullName))}" : about;
                if (item is DirectoryInfo inner)
                    Add(inner, name + "/");
            }
        }
    }
}
