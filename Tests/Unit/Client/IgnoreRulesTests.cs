using ChunkUpload.Client.Folders;

namespace ChunkUpload.Tests.Unit.Client;

public sealed class IgnoreRulesTests
{
    [Theory]
    [InlineData("*.log", "a/b.log", true)]
    [InlineData("*.log", "a/b.logs", false)]
    [InlineData("/a.txt", "a.txt", true)]
    [InlineData("/a.txt", "b/a.txt", false)]
    [InlineData("a/b", "a/b", true)]
    [InlineData("a/b", "x/a/b", false)]
    [InlineData("**/b/c", "x/y/b/c", true)]
    [InlineData("**/b/c", "b/c", true)]
    [InlineData("a/**/c", "a/c", true)]
    [InlineData("a/**/c", "a/x/y/c", true)]
    [InlineData("a/**", "a/x/y", true)]
    [InlineData("a/**", "a", false)]
    [InlineData("a/*", "a/x", true)]
    [InlineData("f?.txt", "f1.txt", true)]
    [InlineData("f?.txt", "f/.txt", false)]
    [InlineData("f[0-9].txt", "f7.txt", true)]
    [InlineData("f[!0-9].txt", "f7.txt", false)]
    [InlineData("f[]x].txt", "f].txt", true)]
    [InlineData("\\!a", "!a", true)]
    [InlineData("\\#a", "#a", true)]
    [InlineData("# comment", "# comment", false)]
    [InlineData("a b  ", "a b", true)]
    [InlineData("a+(b)", "a+(b)", true)]
    [InlineData("*", "with\nnewline", true)]
    [InlineData("build/", "build", false)]
    public void Match_files_as_git_does(string pattern, string path, bool excluded) =>
        Assert.Equal(excluded, new IgnoreRules([pattern]).Excludes(path, isFolder: false));

    [Fact]
    public void The_last_match_decides_but_nothing_comes_back_below_a_folder_that_is_left_out()
    {
        var rules = new IgnoreRules(["*.log", "!keep.log", "build/"]);
        Assert.False(rules.ExcludesWithin("a/keep.log", isFolder: false));
        Assert.True(rules.ExcludesWithin("a/other.log", isFolder: false));
        Assert.True(rules.ExcludesWithin("x/build/keep.log", isFolder: false));
    }
}
