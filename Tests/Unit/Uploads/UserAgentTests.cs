using ChunkUpload.Core.Access;

namespace ChunkUpload.Tests.Unit.Uploads;

public sealed class UserAgentTests
{
    [Theory]
    [InlineData(null, null)]
    [InlineData("", null)]
    [InlineData(" \t\u0000 ", null)]
    [InlineData("curl/8.14.1", "curl/8.14.1")]
    [InlineData(" tus-js-client/4 (\u0007Zürich\u0000\u009b) ", "tus-js-client/4 (Zürich)")]
    public void Control_characters_are_left_out(string? sent, string? kept) => Assert.Equal(kept, UserAgent.Clean(sent));

    [Fact]
    public void Half_of_a_pair_is_left_out() => Assert.Equal("a", UserAgent.Clean("a\ud83d"));

    [Fact]
    public void The_length_is_bounded() => Assert.Equal(UserAgent.Longest, UserAgent.Clean(new string('a', 10_000))!.Length);
}
