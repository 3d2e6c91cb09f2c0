using ChunkUpload.Api.Cli;
using ChunkUpload.Core.Hosting;

namespace ChunkUpload.Tests.Unit.Hosting;

public sealed class CommandLineTests
{
    [Theory]
    [InlineData("serve does not know --port: name address and port with --urls", "--port", "9000")]
    [InlineData("serve does not know --port: name address and port with --urls", "serve", "--port=9000")]
    [InlineData("serve does not know --dat: did you mean --data?", "--dat", "/srv")]
    [InlineData("fsck does not know --depe: did you mean --deep?", "fsck", "--depe")]
    [InlineData("serve does not know --json: it belongs to another verb, which comes first, as in fsck --json.", "serve", "--json")]
    [InlineData("serve does not know --deep: it belongs to another verb, which comes first, as in fsck --deep.", "--deep", "fsck")]
    [InlineData("serve does not know --days: it belongs to another verb, which comes first, as in keys add NAME --days.", "--days=1")]
    [InlineData("serve does not know --deeep; --help", "--deeep")]
    [InlineData("--tls takes no value: write it alone, or leave it out.", "--tls=true")]
    [InlineData("--deep takes no value: write it alone, or leave it out.", "fsck", "--deep=true")]
    [InlineData("\"sevre\" is not understood here: did you mean serve?", "sevre")]
    [InlineData("\"fsck\" is not understood here; --help", "serve", "fsck")]
    [InlineData("\"limits\" is not understood here: use cu admin limits.", "limits", "list")]
    [InlineData("\"transfers\" is not understood here: use cu transfers.", "transfers")]
    [InlineData("\"everything\" is not understood here; the verbs are serve, worker, migrate,", "everything")]
    [InlineData("--urls needs a value.", "--urls")]
    [InlineData("users needs an action: add, list,", "users")]
    [InlineData("users does not know \"ad\"; it knows add, list,", "users", "ad", "ann")]
    [InlineData("Write users add NAME [--operator] [--role=]", "users", "add")]
    [InlineData("Write users role NAME ROLE [--tenant=].", "users", "role", "ann")]
    [InlineData("users add NAME does not know --opertor: did you mean --operator?", "users", "add", "ann", "--opertor")]
    [InlineData("users add NAME does not know --operator=yes: write it as --operator.", "users", "add", "ann", "--operator=yes")]
    [InlineData("users add NAME does not know --role: write it as --role=VALUE.", "users", "add", "ann", "--role")]
    [InlineData("--role comes twice.", "users", "add", "ann", "--role=admin", "--role", "viewer")]
    [InlineData("Write nodes list.", "nodes", "list", "a")]
    public void Names_the_argument_that_it_does_not_know(string sentence, params string[] arguments) =>
        Assert.StartsWith(
            sentence, Assert.Throws<StartRefusedException>(() => CommandLine.Parse(arguments)).Message, StringComparison.Ordinal);

    [Fact]
    public void An_option_of_an_action_may_have_its_value_behind_it()
    {
        var parsed = CommandLine.Parse(["keys", "add", "camera", "--scopes", "upload,list", "--days=30", "--data", "/srv"]);
        Assert.Equal(["camera"], parsed.Admin!.Arguments);
        Assert.Equal("upload,list", parsed.Admin.Option("--scopes"));
        Assert.Equal("30", parsed.Admin.Option("--days"));
        Assert.Null(parsed.Admin.Option("--user"));
        Assert.Equal("/srv", Assert.Single(parsed.Settings).Value);
    }

    [Fact]
    public void A_worker_is_a_service_with_another_role()
    {
        var worker = CommandLine.Parse(["worker"]);
        Assert.True(worker.IsServe);
        Assert.Equal(KeyValuePair.Create("Cluster:Roles", "Work"), Assert.Single(worker.Implied));
        Assert.Empty(CommandLine.Parse([]).Implied);
    }

    [Fact]
    public void Usage_mentions_every_source_of_settings()
    {
        foreach (var source in new[] { " .env ", "/etc/chunkupload/chunkupload.env", "appsettings.json", "_FILE", "--Section:Name=value" })
            Assert.Contains(source, CommandLine.Usage, StringComparison.Ordinal);
    }
}
