using ChunkUpload.Tests.Functional.Api;
using ChunkUpload.Tests.Support;

namespace ChunkUpload.Tests.Functional.Client;

/// <summary>The command line as a process, killed and told what it cannot do.</summary>
[Collection(ApiCollection.Name)]
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
        using (var login = _rig.Cu(_service.Address, null, "login", _service.Address.AbsoluteUri))
        {
            await login.StandardInput.WriteLineAsync(_service.Key);
            login.StandardInput.Close();
            await login.WaitForExitAsync();
            Assert.Equal(0, login.ExitCode);
        }

        var file = Path.Combine(_rig.Folder, "config", "chunkupload", "cu.json");
        Assert.Equal(UnixFileMode.UserRead | UnixFileMode.UserWrite, File.GetUnixFileMode(file));
        Assert.Equal(0, (await _rig.RunCuAsync(_service.Address, null, "up", "a.txt", "--to", $"{_place}/")).Code);
        var (_, config, _) = await _rig.RunCuAsync(_service.Address, null, "config");
        Assert.DoesNotContain(_service.Key, config, StringComparison.Ordinal);
        var (left, said, _) = await _rig.RunCuAsync(_service.Address, null, "logout");
        Assert.Equal(0, left);
        Assert.Contains("goes on working", said, StringComparison.Ordinal);
        Assert.DoesNotContain(_service.Key, await File.ReadAllTextAsync(file), StringComparison.Ordinal);
    }

    private Task<(int Code, string Output, string Errors)> RunAsync(params string[] arguments) =>
        _rig.RunCuAsync(_service.Address, _service.KeyFile, arguments);
}
