using System.Text.RegularExpressions;
using ChunkUpload.Api.Cli;
using ChunkUpload.Api.Hosting;
using ChunkUpload.Tests.Support;

namespace ChunkUpload.Tests.Functional.Hosting;

/// <summary>Checks the files of the Debian package against the service; <c>packaging/try</c> installs the package itself.</summary>
public sealed class PackageFileTests
{
    private static readonly string Unit = Read("packaging/systemd/chunkupload.service");

    [Fact]
    public void The_unit_leaves_more_time_to_stop_than_the_service_needs()
    {
        var stop = TimeSpan.FromSeconds(int.Parse(Setting("TimeoutStopSec"), System.Globalization.CultureInfo.InvariantCulture));
        Assert.True(stop > new HostingOptions().DrainTime + ServiceHost.TimeAfterDrain, $"{stop}");
        // An upgrade of a large ledger may take long, and a kill would begin it again.
        Assert.Equal("infinity", Setting("TimeoutStartSec"));
    }

    [Fact]
    public void The_unit_is_told_when_the_service_is_ready_and_does_not_repeat_a_refused_start()
    {
        Assert.Equal("notify", Setting("Type"));
        Assert.Equal("2", Setting("RestartPreventExitStatus"));
        Assert.True(long.Parse(Setting("LimitNOFILE"), System.Globalization.CultureInfo.InvariantCulture) > OpenFiles.Own);
    }

    [Theory]
    [InlineData("ProtectSystem", "strict")]
    [InlineData("NoNewPrivileges", "yes")]
    [InlineData("CapabilityBoundingSet", "")]
    [InlineData("SystemCallFilter", "@system-service")]
    [InlineData("StateDirectory", "chunkupload")]
    public void The_unit_gives_the_service_no_more_than_it_needs(string setting, string value) => Assert.Equal(value, Setting(setting));

    [Fact]
    public void The_runtime_may_compile_in_the_unit() => Assert.DoesNotMatch("(?m)^MemoryDenyWriteExecute", Unit);

    /// <summary>One reader of settings serves the checkout and the installed command.</summary>
    [Fact]
    public async Task The_installed_command_reads_settings_as_the_checkout_does()
    {
        using var folder = new TempFolder();
        await File.WriteAllTextAsync(folder["settings"], "# A comment\nA__B='it is $HOME'\nexport C=2 # two\nHOME=/elsewhere\n");
        var output = await Tool.RunAsync(
            folder.Path, "bash", "-c", "die() { exit 2; }; . \"$0\"; load_env settings; printf '%s\\n' \"${ENV_FILE[@]}\"",
            Path.Combine(Repository.Root, "packaging/settings.sh"));
        Assert.Equal("A__B=it is $HOME\nC=2\n", output);
        Assert.Contains(". \"$PROGRAM/settings.sh\"", Read("packaging/chunkupload"), StringComparison.Ordinal);
        Assert.Contains(". \"$ROOT/packaging/settings.sh\"", Read("tools/lib.sh"), StringComparison.Ordinal);
    }

    private static string Setting(string name) => Regex.Match(Unit, $"(?m)^{name}=(.*)$") is { Success: true } match
        ? match.Groups[1].Value
        : throw new InvalidOperationException($"The unit has no {name}.");

    private static string Read(string file) => File.ReadAllText(Path.Combine(Repository.Root, file));
}
