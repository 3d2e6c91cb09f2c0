using ChunkUpload.Api.Hosting;

namespace ChunkUpload.Tests.Unit.Hosting;

public sealed class BannerTests
{
    private const string Link = "http://127.0.0.1:8080/signin#link=0123";

    [Fact]
    public void A_link_that_signs_in_is_printed() => Assert.Contains($"sign in       {Link} (once", Text(Link), StringComparison.Ordinal);

    /// <summary>A log keeps the text. It therefore has no link, and says how to get one and how to add the first operator.</summary>
    [Fact]
    public void Without_a_link_the_command_that_prints_one_is_named()
    {
        var text = Text(null);
        Assert.Contains("sign in       tools/run signin-link prints a link\n", text, StringComparison.Ordinal);
        Assert.Contains("none yet; the first: tools/run users add NAME --operator\n", text, StringComparison.Ordinal);
    }

    [Fact]
    public void An_open_service_names_no_way_to_sign_in() =>
        Assert.DoesNotContain("sign in ", Banner.Text(["http://127.0.0.1:8080"], "/data", null, "/file"), StringComparison.Ordinal);

    /// <summary>The settings beside the program may hold secrets.</summary>
    [Fact]
    public void The_example_uploads_a_readme()
    {
        Assert.Equal("README.md", Path.GetFileName(Banner.SampleFile()));
        Assert.True(File.Exists(Banner.SampleFile()));
        Assert.True(File.Exists(Path.Combine(AppContext.BaseDirectory, "documents", "README.md")));
    }

    private static string Text(string? link) => Banner.Text(
        ["http://127.0.0.1:8080"], "/data", "/data/operator.key", "/file", signInLink: link, needsOperator: true);
}
