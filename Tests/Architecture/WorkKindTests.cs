using System.Text.RegularExpressions;
using ChunkUpload.Core.Work;
using ChunkUpload.Tests.Support;

namespace ChunkUpload.Tests.Architecture;

/// <summary>The page about work has every kind of it, and every function that adds its items.</summary>
public sealed partial class WorkKindTests
{
    private static readonly (string Kind, string Adders)[] Rows =
    [
        .. Row().Matches(File.ReadAllText(Path.Combine(Repository.Root, "docs", "design", "work.md")))
            .Select(row => (row.Groups[1].Value, row.Groups[2].Value)),
    ];

    [Fact]
    public void The_document_of_work_has_a_row_for_each_kind()
    {
        var kinds = Repository.TrackedFiles()
            .Where(path => path.StartsWith("Core/", StringComparison.Ordinal) && path.EndsWith(".cs", StringComparison.Ordinal))
            .Select(path => File.ReadAllText(Path.Combine(Repository.Root, path)))
            .Where(text => text.Contains($": {nameof(IWorkKind)}", StringComparison.Ordinal))
            .Select(text => Name().Match(text).Groups[1].Value);
        Assert.Equal(kinds.Order(), Rows.Select(row => row.Kind).Order());
    }

    [Fact]
    public void A_row_names_the_functions_that_add_items_of_its_kind()
    {
        var calls = Directory.EnumerateFiles(Path.Combine(Repository.Root, "db", "functions"), "*.sql")
            .SelectMany(path => Added().Matches(File.ReadAllText(path))
                .Select(call => (Kind: call.Groups[1].Value, Adder: Path.GetFileNameWithoutExtension(path))));
        var listed = Rows.SelectMany(row => Quoted().Matches(row.Adders).Select(name => (row.Kind, Adder: name.Groups[1].Value)));
        Assert.Equal(calls.Distinct().Order(), listed.Order());
    }

    [GeneratedRegex(@"^\| `(\w+)` \| the [^|]*\|[^|]*\|([^|]*)\|", RegexOptions.Multiline)]
    private static partial Regex Row();

    [GeneratedRegex(@"(?:KindName =|Name =>) ""(\w+)"";")]
    private static partial Regex Name();

    [GeneratedRegex(@"\badd_work\('(\w+)'")]
    private static partial Regex Added();

    [GeneratedRegex("`([a-z_]+)`")]
    private static partial Regex Quoted();
}
