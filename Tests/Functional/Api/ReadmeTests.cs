using System.Diagnostics;
using System.Text.RegularExpressions;
using ChunkUpload.Tests.Support;

namespace ChunkUpload.Tests.Functional.Api;

/// <summary>
/// The shell blocks of README and of the pages of docs behind it work unchanged when they are pasted in order.
/// </summary>
[Collection(ApiCollection.Name)]
public sealed partial class ReadmeTests(ApiFixture fixture)
{
    [Fact]
    public async Task Blocks_work_when_pasted_in_order()
    {
        using var folder = new TempFolder();
        Directory.CreateDirectory(folder["data"]);
        await File.WriteAllTextAsync(folder["data", "operator.key"], fixture.Service.Key);
        var pages = new[] { "README.md", "docs/first-upload.md", "docs/your-app.md", "docs/access.md", "docs/phone.md", "docs/limits.md" }
            .Select(page => File.ReadAllText(Path.Combine(Repository.Root, page)));
        var blocks = ShellBlock().Matches(string.Join('\n', pages))
            .Select(match => match.Groups[1].Value);
        var script = string.Join('\n', blocks)
            .Replace("http://127.0.0.1:8080", fixture.Service.Address.GetLeftPart(UriPartial.Authority), StringComparison.Ordinal)
            .Replace("/tmp/", folder.Path + "/", StringComparison.Ordinal);

        var (code, output) = await PasteAsync(script, folder.Path);

        Assert.True(code == 0, output);
        // The bandwidth that the documents set by day would slow down every later test of this service.
        using (var removed = await fixture.Service.Client.DeleteAsync("/api/limits/service/all"))
            Assert.Equal(204, (int)removed.StatusCode);
        Assert.Contains("The copy is the same.", output, StringComparison.Ordinal);
        Assert.Contains("It broke off.", output, StringComparison.Ordinal);
        Assert.Matches(@"the rest after [1-9]\d* bytes: 20[01]", output);
        Assert.Contains("Upload-Offset: 41943040", output, StringComparison.Ordinal);
        Assert.DoesNotContain("urn:chunkupload:error", output, StringComparison.Ordinal);
        // The first file was deleted; the session, tus and the draft have left one each.
        var sent = ApiClient.Hex(await File.ReadAllBytesAsync(folder["holiday.mp4"]));
        var files = (await fixture.Api.GetAsync("/api/files?limit=3")).GetProperty("items").EnumerateArray().ToList();
        Assert.All(files, file => Assert.Equal(40 << 20, file.GetProperty("size").GetInt64()));
        foreach (var file in files)
        {
            var content = await fixture.Service.Client.GetByteArrayAsync(ApiClient.At(file.GetProperty("contentUrl").GetString()!));
            Assert.Equal(sent, ApiClient.Hex(content));
        }
    }

    private static async Task<(int Code, string Output)> PasteAsync(string script, string folder)
    {
        // An interactive shell continues after an error, so the answers must show errors.
        using var shell = Process.Start(new ProcessStartInfo("bash", ["-u", "-c", $"exec 2>&1; {script}"])
        {
            WorkingDirectory = folder,
            RedirectStandardOutput = true,
        })!;
        var output = shell.StandardOutput.ReadToEndAsync();
        try
        {
            await shell.WaitForExitAsync().WaitAsync(Eventually.Limit);
        }
        catch (TimeoutException)
        {
            shell.Kill(entireProcessTree: true);
        }

        return (shell.ExitCode, await output);
    }

    [GeneratedRegex("^```sh\n(.*?)^```", RegexOptions.Singleline | RegexOptions.Multiline)]
    private static partial Regex ShellBlock();
}
