using System.Text.RegularExpressions;
using ChunkUpload.Tests.Support;

namespace ChunkUpload.Tests.Architecture;

/// <summary>
/// What ARCHITECTURE and the pages of the design name in code font is in the tree, so that a reader who looks for it finds it.
/// </summary>
public sealed partial class NamesInTextTests
{
    private static readonly string[] Layers = ["Api", "Core", "Infrastructure"];

    private static readonly string[] Sources = [.. Layers, "Clients", "db", "tools"];

    private static readonly IReadOnlyList<string> Files = Repository.TrackedFiles();

    public static TheoryData<string> Pages { get; } =
        [.. Files.Where(path => path == "ARCHITECTURE.md" || path.StartsWith("docs/design/", StringComparison.Ordinal)).Order()];

    [Theory]
    [MemberData(nameof(Pages))]
    public void Files_and_folders_that_a_page_names_exist(string page)
    {
        var names = Names(page).Where(name => FileName().IsMatch(name) || FolderName().IsMatch(name)).ToList();
        Assert.All(names, name => Assert.True(IsThere(name), name));
        Assert.True(page != "ARCHITECTURE.md" || names.Count > 50);
    }

    [Theory]
    [MemberData(nameof(Pages))]
    public void Types_members_and_functions_that_a_page_names_are_in_the_sources(string page)
    {
        var words = Files.Where(path => path.EndsWith(".cs", StringComparison.Ordinal) || path.EndsWith(".sql", StringComparison.Ordinal))
            .Where(path => Sources.Contains(path.Split('/')[0]))
            .SelectMany(path => Word().Matches(File.ReadAllText(Path.Combine(Repository.Root, path))).Select(match => match.Value))
            .Concat(Files.Where(path => path.StartsWith("Tests/", StringComparison.Ordinal)).Select(Path.GetFileNameWithoutExtension))
            .ToHashSet(StringComparer.Ordinal);
        // Of a generic type or a call, the name alone.
        var names = Names(page).Select(name => CallOrType().Replace(name, ""))
            .Where(name => TypeName().IsMatch(name) || SqlName().IsMatch(name));
        Assert.All(names.SelectMany(name => name.Split('.')), part => Assert.True(words.Contains(part), part));
    }

    [Theory]
    [MemberData(nameof(Pages))]
    public void A_member_that_a_page_names_belongs_to_the_type_that_it_names(string page)
    {
        var sources = Files.Where(path => path.EndsWith(".cs", StringComparison.Ordinal) && Sources.Contains(path.Split('/')[0]))
            .Select(path => File.ReadAllText(Path.Combine(Repository.Root, path))).ToList();
        var members = Names(page).Select(name => CallOrType().Replace(name, "")).Where(name => TypeName().IsMatch(name))
            .Select(name => name.Split('.')).Where(parts => parts.Length == 2);
        Assert.All(members, parts => Assert.True(
            sources.Exists(text => Regex.IsMatch(text, $@"\b(class|record|struct|interface|enum) {parts[0]}\b")
                && Regex.IsMatch(text, $@"\b{parts[1]}\b")),
            string.Join('.', parts)));
    }

    private static IEnumerable<string> Names(string page) =>
        CodeFont().Matches(File.ReadAllText(Path.Combine(Repository.Root, page))).Select(match => match.Groups[1].Value).Distinct();

    private static bool IsThere(string name) => name.StartsWith("*/", StringComparison.Ordinal)
        ? Layers.Any(layer => HasFolder(layer + name[1..]))
        : name.Contains('*', StringComparison.Ordinal)
            ? Files.Any(path => Regex.IsMatch(path, "(^|/)" + Regex.Escape(name).Replace(@"\*\*", ".*").Replace(@"\*", "[^/]*") + "$"))
            : HasFolder(name.TrimEnd('/')) || Files.Any(path => path == name || path.EndsWith('/' + name, StringComparison.Ordinal));

    private static bool HasFolder(string folder) => Files.Any(path => path.StartsWith(folder + '/', StringComparison.Ordinal));

    [GeneratedRegex("`([^`\n]+)`")]
    private static partial Regex CodeFont();

    /// <summary><c>KeyHandler.cs</c>, <c>Core/Work/WorkRunner.cs</c>, <c>StreamAppender*.cs</c>.</summary>
    [GeneratedRegex(@"^[\w*./-]+\.(cs|sql|js|mjs|md|csproj)$")]
    private static partial Regex FileName();

    /// <summary><c>Api/Tus</c>, <c>*/Uploads</c>, <c>db/functions</c>.</summary>
    [GeneratedRegex(@"^(\*|Api|Core|Infrastructure|Tests|Clients|tools|db|docs)(/[\w.-]+)+/?$")]
    private static partial Regex FolderName();

    /// <summary>More than one word in one, so that names of protocols and headers are none.</summary>
    [GeneratedRegex(@"^[A-Z][a-z0-9]+[A-Z]\w*(\.[A-Z]\w+)*$")]
    private static partial Regex TypeName();

    [GeneratedRegex("^[a-z]+(_[a-z]+)+$")]
    private static partial Regex SqlName();

    [GeneratedRegex(@"(<.*>|\(.*\))$")]
    private static partial Regex CallOrType();

    [GeneratedRegex(@"[A-Za-z_]\w*")]
    private static partial Regex Word();
}
