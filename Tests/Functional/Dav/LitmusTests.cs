using System.Diagnostics;
using System.Text.RegularExpressions;
using ChunkUpload.Tests.Functional.Api;
using ChunkUpload.Tests.Support;

namespace ChunkUpload.Tests.Functional.Dav;

/// <summary>
/// litmus 0.13, the suite of WebDAV servers: every test passes, none is skipped, and none warns, as it does of a wrong status.
/// </summary>
[Collection(FilesCollection.Name)]
public sealed partial class LitmusTests(ApiFixture fixture)
{
    private const string Programs = "usr/libexec/litmus";

    [Theory]
    [InlineData("basic", 16)]
    [InlineData("copymove", 13)]
    [InlineData("props", 30)]
    [InlineData("locks", 41)]
    [InlineData("http", 4)]
    public async Task Every_test_of_a_suite_passes_without_a_warning(string suite, int tests)
    {
        Assert.True(Folder() is not null, "litmus is missing; on Debian: apt-get install litmus.");
        using var dav = new DavClient(fixture.Service, $"litmus-{Guid.NewGuid():n}");
        await dav.FolderAsync("");
        using var folder = new TempFolder();
        var output = await RunAsync(folder.Path, suite, new Uri(fixture.Service.Address, $"{dav.Root}/").ToString(), fixture.Service.Key);
        Assert.DoesNotContain("WARNING", output, StringComparison.Ordinal);
        Assert.DoesNotContain("SKIPPED", output, StringComparison.Ordinal);
        Assert.DoesNotContain("FAIL", output, StringComparison.Ordinal);
        var summary = Summary().Match(output);
        Assert.Equal(($"{tests}", $"{tests}", "0"), (summary.Groups[1].Value, summary.Groups[2].Value, summary.Groups[3].Value));
    }

    private static async Task<string> RunAsync(string folder, string suite, string address, string key)
    {
        var programs = Folder()!;
        var start = new ProcessStartInfo(Path.Combine(programs, suite))
        {
            WorkingDirectory = folder,
            RedirectStandardOutput = true,
            RedirectStandardError = true,
            ArgumentList = { "--htdocs", Path.Combine(programs, "../../share/litmus/htdocs"), address, "litmus", key },
        };
        // Below artifacts, the libraries are in the same folder as the programs.
        var libraries = Directory.GetDirectories(Path.Combine(programs, "../../lib"))
            .Where(_ => programs.Contains("artifacts", StringComparison.Ordinal));
        if (string.Join(':', libraries) is { Length: > 0 } path)
            start.Environment["LD_LIBRARY_PATH"] = path;
        using var process = Process.Start(start)!;
        var errors = process.StandardError.ReadToEndAsync();
        var output = await process.StandardOutput.ReadToEndAsync();
        await process.WaitForExitAsync();
        return output + await errors;
    }

    /// <summary>The folder of the programs: that of the system, or below artifacts.</summary>
    private static string? Folder() => new[] { "/", Path.Combine(Repository.Root, "artifacts", "litmus") }
        .Select(root => Path.Combine(root, Programs)).FirstOrDefault(Directory.Exists);

    [GeneratedRegex(@"summary for `\w+': of (\d+) tests run: (\d+) passed, (\d+) failed")]
    private static partial Regex Summary();
}
