using System.Text;
using ChunkUpload.Tests.Support;

namespace ChunkUpload.Tests.Functional.Checks;

/// <summary>Checkers that see the bytes: a program, and clamd.</summary>
public sealed class CheckerTests(PostgresFixture postgres) : IClassFixture<PostgresFixture>, IDisposable
{
    private static readonly byte[] Clean = TusClient.Bytes(700_000);
    private static readonly byte[] Infected = [.. TusClient.Bytes(600_000), .. "a test virus"u8, .. TusClient.Bytes(1000)];

    private readonly TempFolder _folder = new();

    public void Dispose() => _folder.Dispose();

    [Theory]
    [InlineData("")]
    [InlineData(",{file}")]
    public async Task A_program_decides_by_its_exit_code(string argument)
    {
        var script = Script("""
            if grep -q 'test virus' ${1:+"$1"}; then echo "$UPLOAD_NAME has a virus"; echo more; exit 1; fi
            [ "$UPLOAD_NAME" != wrong.bin ] || { echo no >&2; exit 3; }
            """);
        await using var service = await CheckedService.StartAsync(
            postgres, ("Check:Command", script + argument), ("Check:FirstPause", "00:00:00.050"), ("Check:Attempts", "2"),
            ("Check:WhileAway", "Refuse"));
        foreach (var way in CheckedService.Ways)
            await service.BecomesAsync(await service.SendAsync(way, Clean, 202), "completed");
        var refused = await service.SendAsync("session", Infected, 202);
        await service.BecomesAsync(refused, "failed");
        Assert.Equal(
            "refused by the check: file.bin has a virus", (await service.SessionOfAsync(refused)).GetProperty("stateReason").GetString());
        using var away = await service.Client.PutAsync("/api/files/wrong.bin", new ByteArrayContent(Clean));
        Assert.Equal(202, (int)away.StatusCode);
        await Eventually.HoldsAsync(() => Task.FromResult(
            service.Service.Log.All.Any(line => line.Contains("ended with 3: no", StringComparison.Ordinal))));
        // No temporary copy is left.
        var copies = Path.Combine(service.Service.DataDirectory, "checks");
        await Eventually.HoldsAsync(() => Task.FromResult(!Directory.Exists(copies) || Directory.GetFiles(copies).Length == 0));
    }

    [Fact]
    public async Task A_program_gets_nothing_of_the_services_own_environment_and_names_are_no_arguments()
    {
        var told = Path.Combine(_folder.Path, "told");
        var script = Script($"""printf '%s\n' "$#" > {told}; env | sort >> {told}; cat > /dev/null""");
        await using var service = await CheckedService.StartAsync(postgres, ("Check:Command", script));
        using var sent = await service.Client.PutAsync("/api/files/%24(touch%20x)%20-rf.bin", new ByteArrayContent(Clean));
        Assert.Equal(202, (int)sent.StatusCode);
        await Eventually.HoldsAsync(async () =>
            (await service.Client.GetStringAsync("/api/sessions?state=completed")).Contains("touch", StringComparison.Ordinal));
        var lines = await File.ReadAllLinesAsync(told);
        Assert.Equal("0", lines[0]);
        Assert.Contains("UPLOAD_NAME=$(touch x) -rf.bin", lines);
        Assert.Contains($"UPLOAD_SHA256={TusClient.Sha256(Clean)}", lines);
        Assert.DoesNotContain(lines, line => line.StartsWith("HOME=", StringComparison.Ordinal));
    }

    [Fact]
    public async Task A_program_that_hangs_or_does_not_exist_gives_no_verdict()
    {
        var script = Script("exec sleep 1000");
        await using var service = await CheckedService.StartAsync(
            postgres, ("Check:Command", script), ("Check:Timeout", "00:00:00.300"), ("Check:FirstPause", "00:00:00.050"));
        var id = await service.SendAsync("put", Clean, 202);
        await Eventually.HoldsAsync(() => Task.FromResult(
            service.Service.Log.All.Any(line => line.Contains("No verdict came within 0.3 s", StringComparison.Ordinal))));
        Assert.Equal("checking", await service.StateAsync(id));
        await service.RestartAsync(
            ("Check:Command", "/nowhere/checker"), ("Check:Attempts", "1"), ("Check:WhileAway", "Refuse"));
        await service.BecomesAsync(id, "failed");
    }

    [Theory]
    [InlineData(false)]
    [InlineData(true)]
    public async Task Clamd_decides(bool local)
    {
        await using var clamd = local ? ClamdEmulator.OnPath(Path.Combine(_folder.Path, "clamd")) : ClamdEmulator.OnPort();
        await using var service = await CheckedService.StartAsync(
            postgres, ("Check:Clamd", clamd.Address), ("Check:FirstPause", "00:00:00.050"));
        await service.BecomesAsync(await service.SendAsync("session", Clean, 202), "completed");
        await service.BecomesAsync(await service.SendAsync("put", [], 202), "completed");
        var infected = await service.SendAsync("tus", Infected, 202);
        await service.BecomesAsync(infected, "failed");
        Assert.Equal(
            "refused by the check: it contains Test-Signature",
            (await service.SessionOfAsync(infected)).GetProperty("stateReason").GetString());

        // Neither an error nor a strange answer is a verdict.
        clamd.Most = 1000;
        var large = await service.SendAsync("put", Clean, 202);
        await Eventually.HoldsAsync(() => Task.FromResult(
            service.Service.Log.All.Any(line => line.Contains("size limit exceeded", StringComparison.Ordinal))));
        (clamd.Most, clamd.Lie) = (1 << 20, "stream: OK FOUND OK");
        var asked = clamd.Asked;
        await Eventually.HoldsAsync(() => Task.FromResult(clamd.Asked > asked + 1));
        Assert.Equal("checking", await service.StateAsync(large));
        clamd.Lie = null;
        await service.BecomesAsync(large, "completed");
    }

    [Fact]
    public async Task Clamd_that_is_away_is_asked_again()
    {
        var path = Path.Combine(_folder.Path, "clamd");
        await using var service = await CheckedService.StartAsync(postgres, ("Check:Clamd", path), ("Check:FirstPause", "00:00:00.050"));
        var id = await service.SendAsync("put", Clean, 202);
        await Eventually.HoldsAsync(() => Task.FromResult(
            service.Service.Log.All.Any(line => line.Contains("clamd does not answer", StringComparison.Ordinal))));
        await using var clamd = ClamdEmulator.OnPath(path);
        await service.BecomesAsync(id, "completed");
    }

    private string Script(string lines)
    {
        var path = Path.Combine(_folder.Path, Guid.NewGuid().ToString("n"));
        File.WriteAllText(path, "#!/bin/sh\n" + lines + "\n", new UTF8Encoding(false));
        File.SetUnixFileMode(path, UnixFileMode.UserRead | UnixFileMode.UserWrite | UnixFileMode.UserExecute);
        return path;
    }
}
