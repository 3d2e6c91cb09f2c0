using System.Text.RegularExpressions;
using ChunkUpload.Tests.Support;

namespace ChunkUpload.Tests.Architecture;

/// <summary>Each change of an upload has one place in <c>db/functions</c>, and the list of functions is complete.</summary>
public sealed partial class LedgerPathTests
{
    private static readonly string Folder = Path.Combine(Repository.Root, "db", "functions");

    private static readonly Dictionary<string, string> Functions = Directory.EnumerateFiles(Folder, "*.sql")
        .ToDictionary(path => Path.GetFileName(path).Split('.')[0], path => Comment().Replace(File.ReadAllText(path), ""));

    [Theory]
    [InlineData(@"insert into (chunkupload\.)?uploads\b", "insert_uploads")]
    [InlineData(@"insert into (chunkupload\.)?events\b", "add_event", "add_events")]
    [InlineData(@"insert into (chunkupload\.)?changes\b", "add_changes")]
    [InlineData(@"insert into (chunkupload\.)?spaces\b", "add_space")]
    [InlineData(@"update (chunkupload\.)?uploads\b(?:(?!\bwhere\b)[^;])*'completed'", "complete_uploads")]
    [InlineData(@"update (chunkupload\.)?uploads\b(?:(?!\bwhere\b)[^;])*\bstate = p_state", "end_uploads")]
    // The others move an upload between states in which it has not ended.
    [InlineData(
        @"update (chunkupload\.)?uploads\b(?:(?!\bwhere\b)[^;])*[\s,]state =",
        "begin_complete", "complete_uploads", "end_uploads", "save_hash", "set_paused", "settle_doubt")]
    public void Only_the_listed_functions_contain_the_statement(string statement, params string[] functions) =>
        Assert.Equal(
            functions.Order(),
            Functions.Where(function => Regex.IsMatch(function.Value, statement)).Select(function => function.Key).Order());

    [Fact]
    public void Code_changes_uploads_by_functions_only()
    {
        var code = Repository.TrackedFiles()
            .Where(path => path.EndsWith(".cs", StringComparison.Ordinal) && path.Split('/')[0] is "Api" or "Core" or "Infrastructure")
            .ToList();
        Assert.NotEmpty(code);
        Assert.DoesNotContain(code, path => ChangeOfUploads().IsMatch(File.ReadAllText(Path.Combine(Repository.Root, path))));
    }

    [Fact]
    public void The_list_names_every_function_once()
    {
        var listed = Row().Matches(File.ReadAllText(Path.Combine(Folder, "README.md")))
            .SelectMany(row => Name().Matches(row.Groups[1].Value).Select(name => name.Groups[1].Value));
        Assert.Equal(Functions.Keys.Order(), listed.Order());
    }

    [GeneratedRegex("--[^\n]*")]
    private static partial Regex Comment();

    [GeneratedRegex(@"(insert into|update|delete from) (chunkupload\.)?(uploads|extents|stored_files|received_ranges|prefixes|entries)\b"
        + @"|insert into (chunkupload\.)?(events|changes|spaces)\b")]
    private static partial Regex ChangeOfUploads();

    [GeneratedRegex(@"^\|[^|]*\|(.*)\|$", RegexOptions.Multiline)]
    private static partial Regex Row();

    [GeneratedRegex(@"`(\w+)`")]
    private static partial Regex Name();
}
