using System.Text.Json;
using ChunkUpload.Tests.Functional.Api;
using ChunkUpload.Tests.Support;

namespace ChunkUpload.Tests.Functional.Client;

/// <summary>cu doctor finds what is wrong on the way and nothing else; cu bench compares, and both leave nothing behind.</summary>
[Collection(ClientCollection.Name)]
public sealed class DoctorTests(ApiFixture fixture) : IDisposable
{
    private readonly ClientRig _rig = new();
    private readonly TestService _service = fixture.Service;

    public void Dispose() => _rig.Dispose();

    [Fact]
    public async Task A_plain_way_has_no_fault_but_a_key_that_others_can_read()
    {
        await File.WriteAllTextAsync(_rig.At("key"), _service.Key);
        File.SetUnixFileMode(_rig.At("key"), UnixFileMode.UserRead | UnixFileMode.UserWrite | UnixFileMode.GroupRead);
        var (code, found) = await RunAsync(_service.Address, _rig.At("key"), "doctor");
        Assert.Equal((1, "key"), (code, string.Join(' ', AboutsOf(found))));
        Assert.True(found.GetProperty("uploadBytesPerSecond").GetDouble() > 0);
        Assert.True(found.GetProperty("downloadBytesPerSecond").GetDouble() > 0);
        Assert.False(found.GetProperty("buffered").GetBoolean());
        Assert.Equal(JsonValueKind.Null, found.GetProperty("refusedBody").ValueKind);

        File.SetUnixFileMode(_rig.At("key"), UnixFileMode.UserRead);
        (code, found) = await RunAsync(_service.Address, _rig.At("key"), "doctor", "--quick");
        Assert.Equal((0, ""), (code, string.Join(' ', AboutsOf(found))));
        await NothingIsLeftAsync();
    }

    [Fact]
    public async Task A_proxy_that_refuses_and_keeps_back_bodies_with_a_wrong_clock_is_found_out()
    {
        File.SetUnixFileMode(_service.KeyFile, UnixFileMode.UserRead | UnixFileMode.UserWrite);
        await using var proxy = await PickyProxy.StartAsync(_service.Address, 1 << 20, buffers: true, TimeSpan.FromHours(-2));
        var (code, found) = await RunAsync(proxy.Address, _service.KeyFile, "doctor");
        Assert.Equal((1, "clock body limit buffering"), (code, string.Join(' ', AboutsOf(found))));
        Assert.Equal(2 << 20, found.GetProperty("refusedBody").GetInt64());
        Assert.InRange(found.GetProperty("clockSeconds").GetDouble(), 7000, 7400);
        Assert.True(found.GetProperty("uploadBytesPerSecond").GetDouble() > 0);
        await NothingIsLeftAsync();
    }

    [Fact]
    public async Task A_refused_key_another_program_and_silence_have_their_exit_codes()
    {
        await File.WriteAllTextAsync(_rig.At("key"), "no key");
        File.SetUnixFileMode(_rig.At("key"), UnixFileMode.UserRead);
        await EndsAsync(6, "rights", _service.Address, _rig.At("key"));
        await EndsAsync(11, "stopped", new Uri(_service.Address, "/elsewhere/"), _service.KeyFile);
        using var closed = new System.Net.Sockets.TcpListener(System.Net.IPAddress.Loopback, 0);
        closed.Start();
        var port = ((System.Net.IPEndPoint)closed.LocalEndpoint).Port;
        closed.Stop();
        await EndsAsync(3, "stopped", new Uri($"http://127.0.0.1:{port}/"), _service.KeyFile);

        async Task EndsAsync(int expected, string about, Uri address, string keyFile)
        {
            var (code, found) = await RunAsync(address, keyFile, "doctor");
            Assert.Equal((expected, about), (code, string.Join(' ', AboutsOf(found))));
        }
    }

    [Fact]
    public async Task A_bench_has_a_line_for_each_way_and_one_that_is_fastest()
    {
        var (code, output, errors) = await _rig.RunCuAsync(
            _service.Address, _service.KeyFile, "bench", "--size", "4M", "--rounds", "2", "--json");
        Assert.True(code == 0, output + errors);
        var ways = output.Split('\n', StringSplitOptions.RemoveEmptyEntries).Select(ClientRig.Line).ToList();
        Assert.Equal(6, ways.Count);
        Assert.All(ways, way => Assert.True(way.GetProperty("ok").GetBoolean()));
        Assert.Single(ways, way => way.GetProperty("fastest").GetBoolean());
        await NothingIsLeftAsync();
    }

    private async Task NothingIsLeftAsync()
    {
        foreach (var list in (string[])["/api/files?limit=100", "/api/sessions?state=open"])
        {
            Assert.DoesNotContain(
                Cli.Doctor.ScratchFile.Name, await _service.Client.GetStringAsync(list), StringComparison.Ordinal);
        }
    }

    private static IEnumerable<string?> AboutsOf(JsonElement found) =>
        found.GetProperty("problems").EnumerateArray().Select(problem => problem.GetProperty("about").GetString());

    private async Task<(int Code, JsonElement Found)> RunAsync(Uri address, string keyFile, params string[] arguments)
    {
        var (code, output, errors) = await _rig.RunCuAsync(address, keyFile, [.. arguments, "--json"]);
        Assert.True(output.Length > 0, errors);
        return (code, ClientRig.Line(output));
    }
}
