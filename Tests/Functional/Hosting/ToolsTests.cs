using System.Diagnostics;
using ChunkUpload.Api.Cli;
using ChunkUpload.Tests.Support;

namespace ChunkUpload.Tests.Functional.Hosting;

/// <summary>The shell part of the start: how tools/run reads .env.</summary>
public sealed class ToolsTests
{
    private const int Refused = 2;

    [Theory]
    [InlineData("A=1", "A=1")]
    [InlineData("  export A = 1  ", "A=1")]
    [InlineData("A=one two # comment", "A=one two")]
    [InlineData("A=one#two", "A=one#two")]
    [InlineData("A=", "A=")]
    [InlineData("A= # nothing", "A=")]
    [InlineData("A='a \"b\" $HOME `id` \\n'", "A=a \"b\" $HOME `id` \\n")]
    [InlineData("A=\"a \\\"b\\\" \\\\ $(id)\" # comment", "A=a \"b\" \\ $(id)")]
    [InlineData("A=$(touch /tmp/never)", "A=$(touch /tmp/never)")]
    [InlineData("A=Host=db;Password=x y;", "A=Host=db;Password=x y;")]
    [InlineData("A=1\r", "A=1")]
    [InlineData("# A=1\n\n   \n\t# more\nB=2", "B=2")]
    [InlineData("line=1\nROOT=2", "line=1\nROOT=2")]
    public async Task Reads_a_line_of_env_without_evaluating_it(string text, string expected)
    {
        var (code, output) = await LoadAsync(text);
        Assert.Equal((0, expected), (code, output));
    }

    [Theory]
    [InlineData("A")]
    [InlineData("1A=2")]
    [InlineData("A B=2")]
    [InlineData("A='open")]
    [InlineData("A=\"open\\\"")]
    [InlineData("A='closed' text")]
    public async Task Refuses_a_line_that_it_cannot_read_and_names_it(string text)
    {
        var (code, output) = await LoadAsync("# first\n" + text);
        Assert.Equal(Refused, code);
        Assert.Contains("line 2", output, StringComparison.Ordinal);
    }

    [Fact]
    public async Task The_environment_wins_over_env()
    {
        var (_, output) = await LoadAsync("GIVEN=file\nOTHER=file", ("GIVEN", "environment"));
        Assert.Equal("OTHER=file", output);
    }

    [Fact]
    public async Task Says_what_is_missing_where_there_is_no_sdk()
    {
        var (code, output) = await BashAsync("PATH=/usr/bin:/bin; command() { return 1; }; dotnet() { return 1; }; need_dotnet");
        Assert.Equal(Refused, code);
        Assert.Contains("The .NET 10 SDK is missing", output, StringComparison.Ordinal);
    }

    [Fact]
    public async Task Shows_its_usage_also_where_nothing_is_built()
    {
        var (code, output) = await BashAsync($"PATH=/usr/bin:/bin '{Repository.Root}/tools/run' --help");
        Assert.Equal((0, CommandLine.Usage), (code, output));
    }

    [Theory]
    [InlineData("--data /tmp/x", "leave out --data")]
    [InlineData("--Data:Directory=/tmp/x", "leave out --Data:Directory")]
    [InlineData("--ConnectionStrings:Ledger=Host=db", "leave out ConnectionStrings:Ledger")]
    [InlineData("fsck", "leave out fsck")]
    public async Task The_demo_refuses_data_that_is_there(string arguments, string reason)
    {
        var (code, output) = await BashAsync($"'{Repository.Root}/tools/run' --demo {arguments}");
        Assert.Equal(Refused, code);
        Assert.Contains(reason, output, StringComparison.Ordinal);
    }

    private static async Task<(int Code, string Output)> LoadAsync(string text, params (string Name, string Value)[] environment)
    {
        var folder = ServiceFolder.Create();
        var file = Path.Combine(folder, ".env");
        await File.WriteAllTextAsync(file, text);
        var result = await BashAsync($"load_env '{file}'; printf '%s\\n' \"${{ENV_FILE[@]}}\"", environment);
        ServiceFolder.Remove(folder);
        return result;
    }

    private static async Task<(int Code, string Output)> BashAsync(string script, params (string Name, string Value)[] environment)
    {
        var start = new ProcessStartInfo("bash", ["-c", $"set -euo pipefail; . '{Repository.Root}/tools/lib.sh'; {{ {script}; }} 2>&1"])
        {
            RedirectStandardOutput = true,
        };
        foreach (var (name, value) in environment)
            start.Environment[name] = value;
        using var bash = Process.Start(start)!;
        var output = await bash.StandardOutput.ReadToEndAsync();
        await bash.WaitForExitAsync();
        return (bash.ExitCode, output.TrimEnd('\n'));
    }
}
