using System.Diagnostics;
using System.Text.RegularExpressions;
using ChunkUpload.Client;
using ChunkUpload.Tests.Functional.Api;
using ChunkUpload.Tests.Support;
using Microsoft.Extensions.DependencyInjection;

namespace ChunkUpload.Tests.Functional.Client;

/// <summary>The library as programs get it: by dependency injection, and as a package.</summary>
[Collection(ClientCollection.Name)]
public sealed partial class PackageTests(ApiFixture fixture) : IDisposable
{
    private readonly ClientRig _rig = new();
    private readonly TestService _service = fixture.Service;
    private readonly string _place = $"package-{Guid.NewGuid():n}";

    public void Dispose() => _rig.Dispose();

    [Fact]
    public async Task Comes_by_dependency_injection_with_the_programs_HttpClient()
    {
        using var network = new HttpClient { Timeout = Timeout.InfiniteTimeSpan };
        await using var services = new ServiceCollection()
            .AddSingleton(network)
            .AddChunkUploadClient(
                _ => new() { Service = _service.Address, Key = _service.Key, StateDirectory = _rig.States },
                provider => provider.GetRequiredService<HttpClient>())
            .BuildServiceProvider();
        var client = services.GetRequiredService<ChunkUploadClient>();
        Assert.Same(client, services.GetRequiredService<ChunkUploadClient>());

        await client.UploadFileAsync(_rig.File("a.bin", 1000), new() { Path = $"{_place}/a.bin" });

        Assert.Equal(1000, (await client.DescribeAsync($"{_place}/a.bin")).Size);
        await services.DisposeAsync();
        // The program's own HttpClient outlives the client.
        using var answer = await network.GetAsync(new Uri(_service.Address, "/health/live"));
        Assert.True(answer.IsSuccessStatusCode);
    }

    [PackageFact]
    public async Task An_empty_project_sends_a_folder_with_the_very_lines_of_the_document()
    {
        var text = await File.ReadAllTextAsync(Path.Combine(Repository.Root, "docs", "client.md"));
        var commands = Block(text, "sh").Replace("../ChunkUpload", Repository.Root, StringComparison.Ordinal);
        var program = Block(text, "csharp");
        Assert.InRange(program.Split('\n', StringSplitOptions.RemoveEmptyEntries).Length, 1, 10);
        _ = Directory.CreateDirectory(_rig.At("photos/2026"));
        _rig.File("photos/one.jpg", 1000);
        _rig.File("photos/2026/two.jpg", 3 << 20);

        await ShellAsync($"set -e\n{commands}");
        await File.WriteAllTextAsync(_rig.At("sender/Program.cs"), program);
        var run = $"cd sender && dotnet run -- {_service.Address} ../photos {_place}/photos";
        // Two files and a folder.
        Assert.EndsWith("3 sent, 0 were there, 0 failed", (await ShellAsync(run)).Trim(), StringComparison.Ordinal);
        Assert.Matches("0 sent, [23] were there, 0 failed$", (await ShellAsync(run)).Trim());

        Assert.Equal(
            ClientRig.Bytes(3 << 20), await _service.Client.GetByteArrayAsync($"/api/tree/{_place}/photos/2026/two.jpg"));
    }

    private async Task<string> ShellAsync(string script)
    {
        var start = new ProcessStartInfo("bash", ["-c", script])
        {
            WorkingDirectory = _rig.Folder,
            RedirectStandardOutput = true,
            RedirectStandardError = true,
        };
        start.Environment["CU_KEY"] = _service.Key;
        start.Environment["XDG_STATE_HOME"] = _rig.At("state");
        // The new package must not stay among the user's packages, and must not be one of another run.
        start.Environment["NUGET_PACKAGES"] = _rig.At("restored");
        start.Environment["MSBUILDDISABLENODEREUSE"] = "1";
        using var process = Process.Start(start)!;
        var output = process.StandardOutput.ReadToEndAsync();
        var errors = process.StandardError.ReadToEndAsync();
        await process.WaitForExitAsync();
        Assert.True(process.ExitCode == 0, $"{script}\n{await output}\n{await errors}");
        return await output;
    }

    /// <summary>The first block of a language.</summary>
    private static string Block(string text, string language) =>
        Blocks().Matches(text).First(match => match.Groups["language"].Value == language).Groups["lines"].Value;

    [GeneratedRegex("^```(?<language>\\w+)\\n(?<lines>.*?)^```", RegexOptions.Multiline | RegexOptions.Singleline)]
    private static partial Regex Blocks();

    /// <summary>Packing and restoring take a minute, so only tools/check --all runs it.</summary>
    private sealed class PackageFactAttribute : FactAttribute
    {
        public PackageFactAttribute()
        {
            if (Environment.GetEnvironmentVariable("CHUNKUPLOAD_PACKAGE") != "try")
                Skip = "runs with CHUNKUPLOAD_PACKAGE=try";
        }
    }
}
