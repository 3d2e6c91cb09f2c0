using System.Diagnostics;
using System.Text.RegularExpressions;
using ChunkUpload.Tests.Support;

namespace ChunkUpload.Tests.Functional.Hosting;

/// <summary>tools/test in a checkout with a suite of its own, whose tests pass, fail, crash or hang.</summary>
public sealed partial class TestRunnerTests : IDisposable
{
    private const string Project = """
        <Project Sdk="Microsoft.NET.Sdk">
          <PropertyGroup>
            <TargetFramework>net10.0</TargetFramework>
            <ImplicitUsings>enable</ImplicitUsings>
            <IsTestProject>true</IsTestProject>
          </PropertyGroup>
          <ItemGroup>
            <PackageReference Include="Microsoft.NET.Test.Sdk" Version="MICROSOFT" />
            <PackageReference Include="xunit" Version="XUNIT" />
            <PackageReference Include="xunit.runner.visualstudio" Version="RUNNER" />
          </ItemGroup>
        </Project>
        """;

    private const string Source = """
        using Xunit;

        public class Suite
        {
            [Fact] public void Passes() { }
            [Fact] public void Fails() => Assert.Fail("This test fails.");
            [Fact] public void Crashes() => Environment.FailFast("This test crashes.");
            [Fact] public void Hangs() => Thread.Sleep(Timeout.Infinite);
        }
        """;

    private readonly TempFolder _folder = new();

    public void Dispose() => _folder.Dispose();

    [Fact]
    public async Task Each_way_to_fail_ends_with_an_error_and_is_counted()
    {
        await MakeCheckoutAsync();
        Assert.Equal((0, "1 passed, 0 failed, 0 skipped"), await RunAsync("Passes"));
        Assert.Equal((1, "1 passed, 1 failed, 0 skipped"), await RunAsync("Passes|FullyQualifiedName~Fails"));
        Assert.Equal((1, "0 passed, 1 failed, 0 skipped"), await RunAsync("Missing"));
        foreach (var name in new[] { "Crashes", "Hangs" })
        {
            var (code, last) = await RunAsync(name);
            Assert.Equal(1, code);
            Assert.Matches(Failed(), last);
        }
    }

    private async Task MakeCheckoutAsync()
    {
        await Tool.RunAsync(Repository.Root, "cp", "-r", "--parents", "tools/test", "tools/lib.sh", "packaging/settings.sh", _folder.Path);
        // Programs for the tests of the service; the suite needs none, so none is fetched.
        foreach (var program in new[] { "nginx/usr/sbin/nginx", "haproxy/usr/sbin/haproxy", "litmus/usr/libexec/litmus/basic" })
        {
            var file = _folder["artifacts", program];
            Directory.CreateDirectory(Path.GetDirectoryName(file)!);
            await File.WriteAllTextAsync(file, "");
            File.SetUnixFileMode(file, UnixFileMode.UserRead | UnixFileMode.UserExecute);
        }

        var versions = await File.ReadAllTextAsync(Path.Combine(Repository.Root, "Directory.Packages.props"));
        var project = Project.Replace("MICROSOFT", Version("Microsoft.NET.Test.Sdk"), StringComparison.Ordinal)
            .Replace("XUNIT", Version("xunit"), StringComparison.Ordinal)
            .Replace("RUNNER", Version("xunit.runner.visualstudio"), StringComparison.Ordinal);
        await File.WriteAllTextAsync(_folder["Suite.csproj"], project);
        await File.WriteAllTextAsync(_folder["Suite.cs"], Source);

        string Version(string package) => Regex.Match(versions, $"\"{Regex.Escape(package)}\" Version=\"([^\"]+)\"").Groups[1].Value;
    }

    private async Task<(int Code, string Last)> RunAsync(string filter)
    {
        var start = new ProcessStartInfo(_folder["tools", "test"], ["--filter", $"FullyQualifiedName~{filter}"])
        {
            RedirectStandardOutput = true,
            RedirectStandardError = true,
            Environment = { ["HANG_TIMEOUT"] = "5s", ["REPEAT_FAILED"] = "false" },
        };
        // What the run of this test has set is not for the one that it starts.
        foreach (var name in start.Environment.Keys.Where(name => name.StartsWith("CHUNKUPLOAD_", StringComparison.Ordinal)).ToList())
            start.Environment.Remove(name);
        using var process = Process.Start(start)!;
        var errors = process.StandardError.ReadToEndAsync();
        var output = await process.StandardOutput.ReadToEndAsync();
        await errors;
        await process.WaitForExitAsync();
        return (process.ExitCode, output.TrimEnd().Split('\n')[^1]);
    }

    [GeneratedRegex("^0 passed, [1-9][0-9]* failed, 0 skipped$")]
    private static partial Regex Failed();
}
