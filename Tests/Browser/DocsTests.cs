using System.Text.Json;
using ChunkUpload.Api.Cli;
using ChunkUpload.Tests.Support;

namespace ChunkUpload.Tests.Browser;

/// <summary>The documents in Chromium: served, where the strict policy holds, and opened from a folder.</summary>
public sealed class DocsTests(PostgresFixture postgres) : IClassFixture<PostgresFixture>
{
    [ConsoleTheory]
    [InlineData("wide")]
    [ReleaseData("narrow")]
    public async Task The_search_finds_sections_of_the_served_documents(string size)
    {
        await using var service = await TestService.StartAsync(postgres);
        AssertFound(await PageScript.RunAsync("docs", size, ("url", new Uri(service.Address, "/docs/").ToString())));
    }

    [ConsoleFact]
    public async Task The_search_works_in_a_folder_without_a_service()
    {
        using var folder = new TempFolder();
        _ = DocsVerb.Run(folder.Path);
        AssertFound(await PageScript.RunAsync("docs", "wide", ("url", new Uri(folder["index.html"]).ToString())));
    }

    private static void AssertFound(JsonElement result)
    {
        Assert.Empty(result.GetProperty("complaints").EnumerateArray().Select(complaint => complaint.GetString()));
        Assert.Equal("Nothing was found. Try fewer or shorter words.", result.GetProperty("nothing").GetString());
        Assert.Matches("sections?$", result.GetProperty("some").GetString());
        Assert.Equal("Webhooks › Verify the signature", result.GetProperty("best").GetString());
        Assert.Equal("#verify-the-signature", result.GetProperty("anchor").GetString());
        Assert.True(result.GetProperty("closed").GetBoolean());
    }
}
