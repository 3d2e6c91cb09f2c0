using System.Text.RegularExpressions;
using ChunkUpload.Tests.Support;

namespace ChunkUpload.Tests.Architecture;

/// <summary>The order of the folders of Core and of Api, the plan of the house: each uses those before it in the list.</summary>
public sealed class FolderTests
{
    private static readonly string[] Core =
    [
        "Options", "Hosting", "Storage", "Model", "Access", "Limits", "Advisor", "Events", "Audit", "Uploads", "Work", "Tree", "Hooks",
        "Checks", "Mail", "Intake", "Connections", "Transfers", "Jobs", "Fsck", "Statistics", "Backups",
    ];

    private static readonly string[] Api =
    [
        // What every request has: its parts, the sockets, the numbers, the refusals, the contract.
        "Wire", "Metrics", "Hosting", "Errors", "Requests", "Swagger", "Lists",
        // Who asks, and how much.
        "Access", "Audit", "People", "Limits", "Advisor", "Statistics",
        // Files and the ways to bring them.
        "Files", "Tree", "Links", "Sessions", "Resumable", "Tus", "Cors",
        // What goes on by itself, and what tells of it.
        "Hooks", "Connections", "Transfers", "Jobs", "Events", "Health",
        // The command line, which starts the service.
        "Cli",
    ];

    [Fact]
    public void Folders_of_core_use_those_below_them() => Assert.Empty(Upwards("Core", Core));

    [Fact]
    public void Folders_of_api_use_those_below_them() => Assert.Empty(Upwards("Api", Api));

    private static List<string> Upwards(string layer, string[] order)
    {
        var folder = new Regex($@"^using (?:static )?ChunkUpload\.{layer}\.(\w+)", RegexOptions.Multiline);
        var uses = Repository.TrackedFiles()
            .Where(path => path.StartsWith($"{layer}/", StringComparison.Ordinal) && path.EndsWith(".cs", StringComparison.Ordinal))
            .Select(path => (Folder: path.Split('/')[1], Text: File.ReadAllText(Path.Combine(Repository.Root, path))))
            .Where(file => !file.Folder.EndsWith(".cs", StringComparison.Ordinal))
            .SelectMany(file => folder.Matches(file.Text).Select(match => (file.Folder, Used: match.Groups[1].Value)))
            .Where(use => use.Folder != use.Used)
            .Distinct().ToList();
        Assert.Empty(uses.Select(use => use.Folder).Concat(uses.Select(use => use.Used)).Except(order));
        return
        [
            .. uses.Where(use => Array.IndexOf(order, use.Used) > Array.IndexOf(order, use.Folder))
                .Select(use => $"{use.Folder} -> {use.Used}"),
        ];
    }
}
