using ChunkUpload.Api.Hosting;
using ChunkUpload.Core.Hosting;

namespace ChunkUpload.Tests.Unit.Hosting;

public sealed class CommandLineTests
{
    [Theory]
    [InlineData("serve does not know --port: name address and port with --urls", "--port", "9000")]
    [InlineData("serve does not know --port: name address and port with --urls", "serve", "--port=9000")]
    [InlineData("serve does not know --dat: did you mean --data?", "--dat", "/srv")]
    [InlineData("fsck does not know --depe: did you mean --deep?", "fsck", "--depe")]
    [InlineData("serve does not know --json; --help", "serve", "--json")]
    [InlineData("\"sevre\" is not understood here: did you mean serve?", "sevre")]
    [InlineData("\"fsck\" is not understood here; --help", "serve", "fsck")]
    [InlineData("--urls needs a value.", "--urls")]
    public void Names_the_argument_that_it_does_not_know(string sentence, params string[] arguments) =>
        Assert.StartsWith(
            sentence, Assert.Throws<StartRefusedException>(() => CommandLine.Parse(arguments)).Message, StringComparison.Ordinal);

    [Fact]
    public void Usage_mentions_every_source_of_settings()
    {
        foreach (var source in new[] { ".env", "appsettings.json", "_FILE", "--Section:Name=value" })
            Assert.Contains(source, CommandLine.Usage, StringComparison.Ordinal);
    }
}
