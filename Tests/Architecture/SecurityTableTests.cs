using System.Reflection;
using System.Text.RegularExpressions;
using ChunkUpload.Tests.Support;

namespace ChunkUpload.Tests.Architecture;

/// <summary>docs/security.md names only what is there.</summary>
public sealed partial class SecurityTableTests
{
    private static readonly string Text = File.ReadAllText(Path.Combine(Repository.Root, "docs", "security.md"));

    [Fact]
    public void Every_test_that_it_names_exists()
    {
        var tests = TestNames().Matches(Text).Select(match => match.Groups[1].Value).ToList();
        Assert.True(tests.Count > 20);
        var known = Assembly.GetExecutingAssembly().GetTypes()
            .SelectMany(type => type.GetMethods().Select(method => $"{type.Name}.{method.Name}")).ToHashSet(StringComparer.Ordinal);
        Assert.DoesNotContain(tests, test => !known.Contains(test));
    }

    [Fact]
    public void Every_file_that_it_names_exists()
    {
        var files = FileNames().Matches(Text).Select(match => match.Groups[1].Value).ToList();
        Assert.True(files.Count > 10);
        Assert.DoesNotContain(files, file => !File.Exists(Path.Combine(Repository.Root, file)));
    }

    [GeneratedRegex(@"`(\w+Tests\.\w+)`")]
    private static partial Regex TestNames();

    [GeneratedRegex(@"`((?:Api|Core|Infrastructure|db)/[\w/]+\.\w+)`")]
    private static partial Regex FileNames();
}
