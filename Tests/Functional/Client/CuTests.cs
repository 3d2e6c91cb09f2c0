using ChunkUpload.Tests.Functional.Api;
using ChunkUpload.Tests.Support;

namespace ChunkUpload.Tests.Functional.Client;

/// <summary>The command line as a process, killed and told what it cannot do.</summary>
[Collection(ClientCollection.Name)]
public sealed class CuTests(ApiFixture fixture) : IDisposable
{
    private readonly ClientRig _rig = new();
    private readonly TestService _service = fixture.Service;
    private readonly string _place = $"cu-{Guid.NewGuid():n}";

    public void Dispose() => _rig.Dispose();

    [Fact]
    public async Task Works_as_a_user_types_it()
    {
        _rig.File("a.txt", 1000);
        _rig.File("b.txt", 2000, seed: 2);
        Assert.Equal(0, (await RunAsync("up", "*.txt", "--to", $"{_place}/")).Code);
        var (_, list, _) = await RunAsync("ls", _place, "--json");
        Assert.Equal(
            [$"{_place}/a.txt", $"{_place}/b.txt"],
            list.Trim().Split('\n').Select(line => ClientRig.Line(line).GetProperty("path").GetString()));
        Assert.Equal(0, (await RunAsync("mv", $"{_place}/a.txt", $"{_place}/sub/")).Code);
        Assert.Equal(0, (await RunAsync("rm", $"{_place}/b.txt")).Code);
        Assert.Equal(11, (await RunAsync("show", $"{_place}/b.txt")).Code);
        Assert.Equal(0, (await RunAsync("get", $"{_place}/sub/a.txt", "-o", "copy.txt")).Code);
        Assert.Equal(ClientRig.Bytes(1000), await File.ReadAllBytesAsync(_rig.At("copy.txt")));
        Assert.Equal(8, (await RunAsync("get", $"{_place}/sub/a.txt", "-o", "b.txt")).Code);
    }

    [Fact]
    public async Task Lists_the_versions_of_a_file_and_restores_one()
    {
        _rig.File("a.txt", 1000);
        _rig.File("b.txt", 2000, seed: 2);
        foreach (var name in new[] { "a.txt", "b.txt" })
            Assert.Equal(0, (await RunAsync("up", name, "--to", $"{_place}/v.txt", "--conflict", "replace")).Code);
        var (_, list, _) = await RunAsync("versions", $"{_place}/v.txt", "--json");
        Assert.Equal(
            [(2, 2000L), (1, 1000)],
            list.Trim().Split('\n').Select(ClientRig.Line)
                .Select(line => (line.GetProperty("number").GetInt32(), line.GetProperty("size").GetInt64())));
        Assert.Contains("present", (await RunAsync("versions", $"{_place}/v.txt")).Output, StringComparison.Ordinal);
        Assert.Equal(0, (await RunAsync("restore", $"{_place}/v.txt", "--version", "1")).Code);
        Assert.Equal(0, (await RunAsync("get", $"{_place}/v.txt", "-o", "copy.txt")).Code);
        Assert.Equal(ClientRig.Bytes(1000), await File.ReadAllBytesAsync(_rig.At("copy.txt")));
        Assert.Equal(11, (await RunAsync("restore", $"{_place}/v.txt", "--version", "9")).Code);
        Assert.Equal(2, (await RunAsync("restore", $"{_place}/v.txt", "--version", "0")).Code);
    }

    [Fact]
    public async Task Tells_each_class_of_failures_by_its_exit_code()
    {
        _rig.File("a.txt", 1000);
        Assert.Equal(9, (await RunAsync("up", "missing.txt")).Code);
        await File.WriteAllTextAsync(_rig.At("key"), "no key");
        Assert.Equal(6, (await _rig.RunCuAsync(_service.Address, _rig.At("key"), "up", "a.txt")).Code);
        Assert.Equal(2, (await _rig.RunCuAsync(_service.Address, null, "up", "a.txt")).Code);
        var (code, output, _) = await RunAsync("up", "a.txt", "--to", $"{_place}/../x", "--json");
        Assert.Equal((12, "invalid_path"), (code, ClientRig.Line(output).GetProperty("code").GetString()));
    }

    [Fact]
    public async Task A_wrong_command_line_is_refused_and_moves_nothing()
    {
        _rig.File("a.txt", 1000);
        foreach (var name in (string[])["a/s", "b/s", "gl?b", "d"])
            _ = Directory.CreateDirectory(_rig.At(name));
        Assert.Equal(0, (await RunAsync("up", "a.txt", "--to", $"{_place}/there.txt")).Code);
        foreach (var line in (string[][])
            [
                ["check", "a.txt", "--typo"], ["frob"], ["up"], ["completion", "tcsh"], ["rm", ""],
                ["up", "a/s", "b/s", "--to", $"{_place}/"], ["up", "a.txt", "--dry-run", "--to", $"{_place}/"],
                ["up", "d", "a.txt", "--dry-run", "--to", $"{_place}/"], ["up", "a.txt", "--delete-extra", "--to", $"{_place}/"],
                ["get", $"{_place}/there.txt", "--dry-run"], ["up", "a.txt", "--conflict", "7"], ["ls", "--profile", "typo"],
                ["up", "a.txt", "-b", "--priority", "7"], ["up", "a.txt", "-b", "--deadline", "2000-01-01"],
                ["up", "a.txt", "-b", "--deadline", "1h", "--at", "2h"],
                ["up", "a.txt", "--to", "http://localhost/l/T", "--conflict", "fail"],
            ])
        {
            var (code, output, errors) = await RunAsync([.. line, "--json"]);
            Assert.Equal((2, ""), (code, errors));
            Assert.Equal("usage", ClientRig.Line(output).GetProperty("class").GetString());
        }

        Assert.False(File.Exists(_rig.At("there.txt")));
        Assert.Equal(0, (await RunAsync("up", "gl?b", "a.txt", "a.txt", "--to", $"{_place}/")).Code);
        var (_, list, _) = await RunAsync("ls", _place);
        Assert.Equal(["a.txt", "gl?b/", "there.txt"], list.Trim().Split('\n').Select(line => line.Split("  ")[^1]));
    }

    [Fact]
    public async Task What_has_no_size_is_refused_and_never_sent_as_nothing()
    {
        _rig.File("a.txt", 10);
        Assert.Equal(0, (await RunAsync("up", "a.txt", "--to", $"{_place}/a.txt")).Code);
        _ = await Tool.RunAsync(_rig.Folder, "mkfifo", "pipe");
        foreach (var source in (string[])["pipe", "/dev/zero", "/proc/self/status"])
        {
            var (code, _, errors) = await RunAsync("up", source, "--to", $"{_place}/none");
            Assert.Equal(9, code);
            Assert.Contains("as a stream: cu up -", errors, StringComparison.Ordinal);
        }

        Assert.Equal(9, (await RunAsync("check", "pipe", "--to", $"{_place}/a.txt")).Code);
        Assert.Equal(8, (await RunAsync("get", $"{_place}/a.txt", "-o", "pipe", "--force")).Code);
        Assert.Equal(11, (await RunAsync("show", $"{_place}/none")).Code);
    }

    [Fact]
    public async Task No_name_reaches_the_terminal_as_a_command()
    {
        _ = Directory.CreateDirectory(_rig.At("d"));
        _ = File.CreateSymbolicLink(_rig.At("d/link"), "a\u001b]0;title\a");
        _rig.File("e\u001b[2Jf", 10);
        foreach (var line in (string[][])
            [
                ["up", "d", "--to", _place], ["show", $"{_place}/link"], ["up", "e\u001b[2Jf", "--to", $"{_place}/"],
                ["get", $"{_place}/e\u001b[2Jf", "-o", "g\u001b[2J"], ["mv", $"{_place}/e\u001b[2Jf", $"{_place}/h\u001b[2J"],
                ["rm", $"{_place}/h\u001b[2J"],
            ])
        {
            var (code, output, errors) = await RunAsync(line);
            Assert.DoesNotContain('\u001b', output + errors);
            Assert.True(code == 0 || errors.Contains("name", StringComparison.Ordinal), errors);
        }
    }

    [Fact]
    public async Task A_full_disk_is_a_failure_of_the_local_file()
    {
        _rig.File("a.bin", 3_000_000);
        Assert.Equal(0, (await RunAsync("up", "a.bin", "--to", $"{_place}/")).Code);
        var command = $"dotnet {string.Join(' ', ClientRig.Program)} get {_place}/a.bin -o - --url {_service.Address}"
            + $" --key-file {_service.KeyFile} > /dev/full; echo $?";
        Assert.Equal("9", (await Tool.RunAsync(_rig.Folder, "sh", "-c", command)).Trim());
    }

    [Fact]
    public async Task Remembers_a_service_and_its_key_for_the_user_alone()
    {
        _rig.File("a.txt", 1000);
        using (var login = _rig.Cu(_service.Address, null, "login", _service.Address.AbsoluteUri, "--profile", "work"))
        {
            await login.StandardInput.WriteLineAsync(_service.Key);
            login.StandardInput.Close();
            await login.WaitForExitAsync();
            Assert.Equal(0, login.ExitCode);
            Assert.Contains(
                "The profile work is the current one from now on.", await login.StandardOutput.ReadToEndAsync(), StringComparison.Ordinal);
        }

        var file = Path.Combine(_rig.Folder, "config", "chunkupload", "cu.json");
        Assert.Equal(UnixFileMode.UserRead | UnixFileMode.UserWrite, File.GetUnixFileMode(file));
        Assert.Equal(0, (await _rig.RunCuAsync(_service.Address, null, "up", "a.txt", "--to", $"{_place}/")).Code);
        var (_, config, _) = await _rig.RunCuAsync(_service.Address, null, "config");
        Assert.DoesNotContain(_service.Key, config, StringComparison.Ordinal);
        var (left, said, _) = await _rig.RunCuAsync(_service.Address, null, "logout");
        Assert.Equal(0, left);
        Assert.Contains("stays valid", said, StringComparison.Ordinal);
        Assert.DoesNotContain(_service.Key, await File.ReadAllTextAsync(file), StringComparison.Ordinal);
    }

    private Task<(int Code, string Output, string Errors)> RunAsync(params string[] arguments) =>
        _rig.RunCuAsync(_service.Address, _service.KeyFile, arguments);
}
