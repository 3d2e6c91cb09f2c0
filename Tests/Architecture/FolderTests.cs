using System.Text.RegularExpressions;
using ChunkUpload.Tests.Support;

namespace ChunkUpload.Tests.Architecture;

/// <summary>The order of Core's folders: each uses those before it in the list.</summary>
public sealed partial class FolderTests
{
    private static readonly string[] Order =
    [
        "Options", "Hosting", "Storage", "Access", "Limits", "Advisor", "Events", "Audit", "Uploads", "Work", "Files", "Hooks", "Checks",
        "Mail", "Intake", "Connections", "Transfers", "Jobs", "Fsck", "Statistics", "Backups",
    ];

    /// <summary>What still points upwards. A line goes when its last file does; none is added.</summary>
    private static readonly string[] Upwards =
    [
        "Access -> Limits", "Access -> Advisor", "Access -> Uploads", "Access -> Files",
        "Limits -> Events", "Limits -> Uploads",
        "Advisor -> Events", "Advisor -> Uploads",
        "Events -> Uploads",
        "Uploads -> Files",
        "Files -> Intake",
        "Connections -> Transfers",
        "Jobs -> Fsck",
    ];

    [Fact]
    public void Folders_of_core_use_those_below_them()
    {
        var uses = Repository.TrackedFiles()
            .Where(path => path.StartsWith("Core/", StringComparison.Ordinal) && path.EndsWith(".cs", StringComparison.Ordinal))
            .Select(path => (Folder: path.Split('/')[1], Text: File.ReadAllText(Path.Combine(Repository.Root, path))))
            .SelectMany(file => CoreFolder().Matches(file.Text).Select(match => (file.Folder, Used: match.Groups[1].Value)))
            .Where(use => use.Folder != use.Used && !use.Folder.EndsWith(".cs", StringComparison.Ordinal))
            .Distinct().ToList();

        Assert.Empty(uses.Select(use => use.Folder).Concat(uses.Select(use => use.Used)).Except(Order));
        Assert.Equal(
            Upwards.Order(StringComparer.Ordinal),
            uses.Where(use => Array.IndexOf(Order, use.Used) > Array.IndexOf(Order, use.Folder))
                .Select(use => $"{use.Folder} -> {use.Used}").Order(StringComparer.Ordinal));
    }

    [GeneratedRegex(@"^using (?:static )?ChunkUpload\.Core\.(\w+)", RegexOptions.Multiline)]
    private static partial Regex CoreFolder();
}
