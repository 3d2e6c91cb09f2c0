using System.Text.RegularExpressions;
using ChunkUpload.Tests.Support;

namespace ChunkUpload.Tests.Architecture;

/// <summary>The order of the folders of Core and of Api, the plan of the house: each uses those before it in the list.</summary>
public sealed class FolderTests
{
    private static readonly string[] Core =
    [
        "Options", "Hosting", "Storage", "Model", "Access", "Limits", "Advisor", "Events", "Audit", "Uploads", "Work", "Files", "Hooks",
        "Checks", "Mail", "Intake", "Connections", "Transfers", "Jobs", "Fsck", "Statistics", "Backups",
    ];

    private static readonly string[] Api =
    [
        "Errors", "Wire", "Swagger", "Limits", "Lists", "Access", "Audit", "People", "Advisor", "Statistics", "Hosting", "Files", "Tree",
        "Tus", "Hooks", "Sessions", "Connections", "Jobs", "Events", "Cors", "Health", "Resumable", "Transfers",
    ];

    /// <summary>What still points upwards in Api. A line goes when its last file does; none is added.</summary>
    private static readonly string[] UpwardsInApi =
    [
        "Errors -> Wire", "Errors -> Access", "Errors -> Advisor", "Errors -> Statistics", "Errors -> Hosting", "Errors -> Sessions",
        "Errors -> Resumable",
        "Wire -> Access", "Wire -> Hosting",
        "Swagger -> Hosting",
        "Limits -> Access", "Limits -> People",
        "Access -> People", "Access -> Advisor", "Access -> Statistics", "Access -> Hosting", "Access -> Files", "Access -> Tree",
        "Access -> Connections", "Access -> Cors",
        "People -> Hosting",
        "Hosting -> Connections", "Hosting -> Transfers",
        "Files -> Tree", "Files -> Sessions", "Files -> Resumable",
        "Tree -> Tus",
        "Tus -> Resumable",
    ];

    [Fact]
    public void Folders_of_core_use_those_below_them() => Assert.Empty(Upwards("Core", Core));

    [Fact]
    public void Folders_of_api_use_those_below_them_with_no_new_exception() => Assert.Equal(
        UpwardsInApi.Order(StringComparer.Ordinal), Upwards("Api", Api).Order(StringComparer.Ordinal));

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
