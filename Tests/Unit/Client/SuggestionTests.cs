using ChunkUpload.Cli;
using ChunkUpload.Cli.Manual;

namespace ChunkUpload.Tests.Unit.Client;

/// <summary>What cu proposes for a misspelled word, and that each verb has an example.</summary>
public sealed class SuggestionTests
{
    [Theory]
    [InlineData("upp", "up")]
    [InlineData("gte", "get")]
    [InlineData("snyc", "sync")]
    [InlineData("resotre", "restore")]
    [InlineData("frobnicate", null)]
    [InlineData("--ulr", "--url")]
    [InlineData("--profil", "--profile")]
    [InlineData("--nothing-like-it", null)]
    public void The_nearest_word_is_proposed_and_none_that_is_far(string word, string? expected) =>
        Assert.Equal(expected, Suggestion.For(word, CommandTree.Create()));

    [Fact]
    public void Options_of_all_verbs_are_proposed_for_each_verb()
    {
        var up = CommandTree.Create().Subcommands.Single(verb => verb.Name == "up");
        Assert.Equal("--exclude", Suggestion.For("--exlcude", up));
        Assert.Equal("--json", Suggestion.For("--jsno", up));
    }

    [Fact]
    public void Each_verb_has_an_example() => Assert.All(
        CommandTree.Create().Subcommands.Where(verb => !verb.Hidden), verb => Assert.True(HelpWithExamples.Has(verb.Name), verb.Name));
}
