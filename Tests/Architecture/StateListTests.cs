using System.Text.RegularExpressions;
using ChunkUpload.Tests.Support;

namespace ChunkUpload.Tests.Architecture;

/// <summary>A list of states that several statements ask about has one home, a function with a name.</summary>
public sealed partial class StateListTests
{
    [Fact]
    public void No_list_of_states_stands_in_three_places()
    {
        var lists = Repository.TrackedFiles()
            .Where(path => path.StartsWith("db/functions/", StringComparison.Ordinal)
                || (path.StartsWith("Infrastructure/", StringComparison.Ordinal) && path.EndsWith(".cs", StringComparison.Ordinal)))
            .SelectMany(path => List().Matches(File.ReadAllText(Path.Combine(Repository.Root, path)))
                .Select(match => (Path: path, Words: match.Groups[1].Value)))
            .ToLookup(list => list.Words, list => list.Path);
        Assert.NotEmpty(lists);
        Assert.Empty(lists.Where(list => list.Count() > 2).Select(list => $"{list.Key}: {string.Join(", ", list)}"));
    }

    [GeneratedRegex(@"\b(?:state|wait)\s+(?:not\s+)?in\s*\(('\w+'(?:,\s*'\w+')+)\)")]
    private static partial Regex List();
}
