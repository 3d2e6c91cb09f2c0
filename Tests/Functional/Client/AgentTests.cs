using System.Net.Sockets;
using System.Text;
using ChunkUpload.Agent;
using ChunkUpload.Tests.Functional.Api;
using ChunkUpload.Tests.Support;

namespace ChunkUpload.Tests.Functional.Client;

/// <summary>The user's agent as a process: killed, paused, limited, and asked what it does not understand.</summary>
[Collection(DeviceCollection.Name)]
public sealed class AgentTests : IAsyncLifetime
{
    private const int Large = 12 << 20;

    private readonly TestService _service;
    private readonly AgentRig _rig;
    private readonly string _place = $"agent-{Guid.NewGuid():n}";

    public AgentTests(ApiFixture fixture) => (_service, _rig) = (fixture.Service, new AgentRig(fixture.Service));

    public Task InitializeAsync() => Task.CompletedTask;

    public async Task DisposeAsync() => await _rig.DisposeAsync();

    [Fact]
    public async Task Two_files_that_are_queued_outlive_the_agent()
    {
        _rig.Machine.File("a.bin", Large);
        _rig.Machine.File("b.bin", Large, seed: 2);
        await using var proxy = new CutProxy(_service.Address) { Rate = 6 << 20 };
        await _rig.StartAsync();
        var (code, output, errors) = await _rig.CuAsync(
            proxy.Address, "up", "a.bin", "b.bin", "--to", $"{_place}/", "--background", "--json");
        Assert.True(code == 0, output + errors);
        Assert.Equal([1, 2], output.Trim().Split('\n').Select(line => ClientRig.Line(line).GetProperty("id").GetInt32()));
        await Eventually.HoldsAsync(() => Task.FromResult(proxy.Passed >= Large));
        await _rig.KillAsync();
        Assert.True(File.Exists(_rig.Place.Socket));

        // The socket of the dead one is in the way, and not in the way.
        await _rig.StartAsync();
        proxy.Rate = 0;
        await _rig.EventuallyAsync(entries => entries.Count == 0);
        Assert.Equal(ClientRig.Bytes(Large), await _service.Client.GetByteArrayAsync($"/api/tree/{_place}/a.bin"));
        Assert.Equal(ClientRig.Bytes(Large, seed: 2), await _service.Client.GetByteArrayAsync($"/api/tree/{_place}/b.bin"));
        // From the beginning, it would have been half as much again.
        Assert.InRange(proxy.Passed, 2 * Large, (2 * Large) + (Large * 2 / 3));
    }

    [Fact]
    public async Task A_download_and_a_folder_are_left_to_it_too()
    {
        _ = Directory.CreateDirectory(_rig.Machine.At("photos/2026"));
        _rig.Machine.File("photos/2026/a.jpg", 5000);
        _rig.Machine.File("photos/b.jpg", 3000, seed: 2);
        await _rig.StartAsync();
        Assert.Equal(0, (await _rig.CuAsync(_service.Address, "up", "photos", "--to", $"{_place}/", "-b")).Code);
        await _rig.EventuallyAsync(entries => entries.Count == 0);
        Assert.Equal(0, (await _rig.CuAsync(_service.Address, "get", $"{_place}/photos", "-o", "back", "-b")).Code);
        Assert.Equal(0, (await _rig.CuAsync(_service.Address, "get", $"{_place}/photos/b.jpg", "-o", "copy.jpg", "-b")).Code);
        await _rig.EventuallyAsync(entries => entries.Count == 0);
        Assert.Equal(ClientRig.Bytes(5000), await File.ReadAllBytesAsync(_rig.Machine.At("back/2026/a.jpg")));
        Assert.Equal(ClientRig.Bytes(3000, seed: 2), await File.ReadAllBytesAsync(_rig.Machine.At("copy.jpg")));
    }

    [Fact]
    public async Task An_entry_is_paused_and_goes_on()
    {
        _rig.Machine.File("a.bin", Large);
        await using var proxy = new CutProxy(_service.Address) { Rate = 512 << 10 };
        await _rig.StartAsync();
        await _rig.AddAsync(proxy.Address, "a.bin", $"{_place}/a.bin");
        await _rig.EventuallyAsync(entries => entries[0].Progress?.Sent > 256 << 10);
        Assert.Equal(0, (await _rig.CuAsync(proxy.Address, "pause", "1")).Code);
        await _rig.EventuallyAsync(entries => entries[0] is { State: "paused", Progress: null });
        proxy.Rate = 0;
        Assert.Equal(0, (await _rig.CuAsync(proxy.Address, "resume", "--all")).Code);
        await _rig.EventuallyAsync(entries => entries.Count == 0);
        Assert.Equal(ClientRig.Bytes(Large), await _service.Client.GetByteArrayAsync($"/api/tree/{_place}/a.bin"));
    }

    [Fact]
    public async Task An_entry_that_is_cancelled_leaves_nothing_at_either_side()
    {
        _rig.Machine.File("a.bin", Large);
        await using var proxy = new CutProxy(_service.Address) { Rate = 512 << 10 };
        await _rig.StartAsync();
        await _rig.AddAsync(proxy.Address, "a.bin", $"{_place}/a.bin");
        await _rig.EventuallyAsync(entries => entries[0].Progress?.Sent > 256 << 10);
        var states = Path.Combine(_rig.Machine.States, "transfers");
        var session = ClientRig.Line(await File.ReadAllTextAsync(Assert.Single(Directory.GetFiles(states, "*.json"))))
            .GetProperty("session").GetString();
        Assert.Equal(0, (await _rig.CuAsync(proxy.Address, "cancel", "1")).Code);
        await _rig.EventuallyAsync(entries => entries.Count == 0);
        Assert.Empty(Directory.GetFiles(states, "*.json"));
        var answer = ClientRig.Line(await _service.Client.GetStringAsync($"/api/sessions/{session}"));
        Assert.Equal("cancelled", answer.GetProperty("state").GetString());
    }

    [Fact]
    public async Task A_download_that_is_cancelled_leaves_no_part()
    {
        using var content = new ByteArrayContent(ClientRig.Bytes(Large));
        (await _service.Client.PutAsync($"/api/tree/{_place}/a.bin?parents=true", content)).EnsureSuccessStatusCode();
        await _rig.StartAsync();
        Assert.Equal(0, (await _rig.CuAsync(
            _service.Address, "get", $"{_place}/a.bin", "-o", "copy.bin", "--background", "--limit", "16k")).Code);
        await _rig.EventuallyAsync(entries => entries[0].Progress?.Safe > 0);
        Assert.Single(Directory.GetFiles(_rig.Machine.Folder, ".*.cu-part"));
        Assert.Equal(0, (await _rig.CuAsync(_service.Address, "cancel", "--all")).Code);
        await _rig.EventuallyAsync(entries => entries.Count == 0);
        Assert.Empty(Directory.GetFiles(_rig.Machine.Folder, ".*.cu-part"));
        Assert.Empty(Directory.GetFiles(Path.Combine(_rig.Machine.States, "transfers"), "*.json"));
        Assert.False(File.Exists(_rig.Machine.At("copy.bin")));
    }

    [Fact]
    public async Task What_was_acknowledged_outlives_kills_at_random_points()
    {
        var (random, known, next) = (new Random(5), new HashSet<long>(), 0);
        for (var kill = 0; kill < 4; kill++)
        {
            await _rig.StartAsync();
            Assert.Superset(known, (await _rig.EntriesAsync()).Select(entry => entry.Id).ToHashSet());
            _ = await _rig.AskAsync(new AgentRequest { Do = Protocol.Pause, All = true });
            using var agent = await AgentClient.ConnectAsync(_rig.Place, CancellationToken.None);
            var (killing, after) = (Task.CompletedTask, random.Next(3, 30));
            try
            {
                for (var asked = 0; ; asked++, next++)
                {
                    if (asked == after)
                        killing = _rig.KillAsync();
                    var answer = await agent.AskAsync(
                        asked % 5 == 4
                            ? new AgentRequest { Do = Protocol.Move, Ids = [known.Min()], ToBottom = true }
                            : new AgentRequest { Do = Protocol.Add, Additions = [_rig.Addition(_service.Address, $"{next}", $"{next}")] },
                        CancellationToken.None);
                    known.UnionWith(answer.Entries!.Select(entry => entry.Id));
                }
            }
            catch (AgentException gone)
            {
                Assert.Equal(AgentException.NoAgent, gone.Code);
            }

            await killing;
        }

        await _rig.StartAsync();
        var entries = await _rig.EntriesAsync();
        Assert.Superset(known, entries.Select(entry => entry.Id).ToHashSet());
        Assert.Equal(entries.Count, entries.Select(entry => entry.Work.Local).Distinct().Count());
        Assert.All(entries, entry => Assert.Equal("waiting", entry.State));
    }

    [Fact]
    public async Task A_metered_network_holds_back_what_is_not_for_it()
    {
        // Elsewhere nothing is known of the network, and nothing waits for it.
        const string Routes = "/proc/net/route";
        var device = File.Exists(Routes) ? Network.DefaultDevice(await File.ReadAllLinesAsync(Routes)) : null;
        var program = Path.Combine(Directory.CreateDirectory(_rig.Machine.At("bin")).FullName, "nmcli");
        await File.WriteAllTextAsync(program, $"#!/bin/sh\necho GENERAL.DEVICE:{device ?? "none"}\necho 'GENERAL.METERED:yes (guessed)'\n");
        if (!OperatingSystem.IsWindows())
            File.SetUnixFileMode(program, UnixFileMode.UserRead | UnixFileMode.UserWrite | UnixFileMode.UserExecute);
        _rig.Machine.File("a.bin", 1000);
        await _rig.StartAsync();
        await _rig.AddAsync(_service.Address, "a.bin", $"{_place}/a.bin", new Plan { NotMetered = true });
        await _rig.EventuallyAsync(entries => device is null
            ? entries.Count == 0
            : entries is [{ State: "waiting", Reason: "the network is metered" }]);
    }

    [Fact]
    public async Task A_bandwidth_takes_effect_on_what_runs()
    {
        const int Size = 3 << 20;
        _rig.Machine.File("a.bin", Size);
        await _rig.StartAsync("--bandwidth", "16k");
        await _rig.AddAsync(_service.Address, "a.bin", $"{_place}/a.bin");
        await _rig.EventuallyAsync(entries => entries[0].Progress?.Sent > 0);
        // At this rate it would take three minutes.
        Assert.Equal(0, (await _rig.CuAsync(_service.Address, "queue", "limit", "off")).Code);
        await _rig.EventuallyAsync(entries => entries.Count == 0);
        Assert.Equal(ClientRig.Bytes(Size), await _service.Client.GetByteArrayAsync($"/api/tree/{_place}/a.bin"));
    }

    [Fact]
    public async Task What_fails_stays_until_it_is_tried_again()
    {
        await _rig.StartAsync();
        await _rig.AddAsync(_service.Address, "late.bin", $"{_place}/late.bin");
        await _rig.EventuallyAsync(entries => entries[0] is { State: "failed", Fault.Class: "localFile" });
        _rig.Machine.File("late.bin", 1000);
        Assert.Equal(0, (await _rig.CuAsync(_service.Address, "retry", "--failed")).Code);
        await _rig.EventuallyAsync(entries => entries.Count == 0);
        Assert.Equal(ClientRig.Bytes(1000), await _service.Client.GetByteArrayAsync($"/api/tree/{_place}/late.bin"));
        Assert.Equal(11, (await _rig.CuAsync(_service.Address, "retry", "1")).Code);
    }

    [Fact]
    public async Task A_script_waits_for_the_end_of_the_queue_and_is_told_what_failed()
    {
        const int Size = 1 << 20;
        _rig.Machine.File("a.bin", Size);
        await _rig.StartAsync("--bandwidth", "2M");
        await _rig.AddAsync(_service.Address, "a.bin", $"{_place}/a.bin");
        Assert.Equal(0, (await _rig.CuAsync(_service.Address, "queue", "--wait")).Code);
        Assert.Equal(ClientRig.Bytes(Size), await _service.Client.GetByteArrayAsync($"/api/tree/{_place}/a.bin"));

        await _rig.AddAsync(_service.Address, "missing.bin", $"{_place}/missing.bin");
        await _rig.AddAsync(_service.Address, "a.bin", $"{_place}/b.bin");
        var (code, output, _) = await _rig.CuAsync(_service.Address, "queue", "--wait", "--json");
        Assert.Equal((9, "localFile"), (code, ClientRig.Line(output).GetProperty("failure").GetProperty("class").GetString()));
        Assert.Equal(ClientRig.Bytes(Size), await _service.Client.GetByteArrayAsync($"/api/tree/{_place}/b.bin"));
    }

    [Fact]
    public async Task The_history_has_what_either_has_done_or_not()
    {
        _rig.Machine.File("a.bin", 1000);
        await _rig.StartAsync();
        Assert.Equal(0, (await _rig.CuAsync(_service.Address, "up", "a.bin", "--to", $"{_place}/")).Code);
        await _rig.AddAsync(_service.Address, "a.bin", $"{_place}/b.bin");
        await _rig.EventuallyAsync(entries => entries.Count == 0);
        Assert.Equal(8, (await _rig.CuAsync(_service.Address, "up", "a.bin", "--to", $"{_place}/", "--conflict", "fail")).Code);
        // The agent writes it beside its work.
        var (lines, output) = (Array.Empty<string>(), "");
        await Eventually.HoldsAsync(async () =>
        {
            (_, output, _) = await _rig.CuAsync(_service.Address, "history", "--json");
            lines = output.Trim().Split('\n');
            return lines.Length == 3;
        });
        var ended = lines.Select(line => ClientRig.Line(line)).OrderBy(line => line.GetProperty("endedAt").GetString()).ToList();
        Assert.Equal(
            [($"{_place}/a.bin", true, false), ($"{_place}/b.bin", true, true), ($"{_place}/a.bin", false, false)],
            ended.Select(line => (
                line.GetProperty("remote").GetString()!, line.GetProperty("ok").GetBoolean(),
                line.GetProperty("queueId").ValueKind == System.Text.Json.JsonValueKind.Number)));
        Assert.Equal("conflict", ended[2].GetProperty("class").GetString());
        (_, output, _) = await _rig.CuAsync(_service.Address, "history", "--failed", "--json");
        Assert.Single(output.Trim().Split('\n'));
    }

    [Fact]
    public async Task There_is_one_agent_and_only_its_user_can_open_the_socket()
    {
        var (code, output, _) = await _rig.CuAsync(_service.Address, "queue", "--json");
        Assert.Equal((13, "no_agent"), (code, ClientRig.Line(output).GetProperty("code").GetString()));
        await _rig.StartAsync();
        if (!OperatingSystem.IsWindows())
            Assert.Equal(UnixFileMode.UserRead | UnixFileMode.UserWrite, File.GetUnixFileMode(_rig.Place.Socket));
        (code, output, _) = await _rig.CuAsync(_service.Address, "agent", "--json");
        Assert.Equal((8, "agent_runs_already"), (code, ClientRig.Line(output).GetProperty("code").GetString()));
        Assert.Equal(0, (await _rig.CuAsync(_service.Address, "agent", "stop")).Code);
        Assert.Equal(0, await _rig.ExitAsync());
        Assert.False(File.Exists(_rig.Place.Socket));
    }

    [Fact]
    public async Task Lines_that_are_no_requests_are_refused()
    {
        await _rig.StartAsync();
        using var socket = new Socket(AddressFamily.Unix, SocketType.Stream, ProtocolType.Unspecified);
        await socket.ConnectAsync(new UnixDomainSocketEndPoint(_rig.Place.Socket));
        await using var stream = new NetworkStream(socket);
        using var lines = new StreamReader(stream);
        Assert.Equal("bad_request", await CodeAsync("nonsense\n"));
        Assert.Equal("bad_request", await CodeAsync("\n"));
        Assert.Equal("bad_request", await CodeAsync("[1]\n"));
        Assert.Equal("version_not_supported", await CodeAsync("{\"version\":4,\"do\":\"list\"}\n"));
        Assert.Equal("bad_request", await CodeAsync("{\"version\":3,\"do\":\"dance\"}\n"));
        Assert.Equal("bad_request", await CodeAsync("{\"version\":3,\"do\":\"add\",\"additions\":[null]}\n"));
        Assert.Equal("bad_request", await CodeAsync(
            "{\"version\":3,\"do\":\"add\","
            + "\"additions\":[{\"work\":{\"isUp\":true,\"local\":\"x\",\"url\":\"http://a\"},\"plan\":{}}]}\n"));
        Assert.Equal("no_such_entry", await CodeAsync("{\"version\":3,\"do\":\"cancel\",\"ids\":[7]}\n"));
        Assert.Equal("line_too_long", await CodeAsync(new string('x', Protocol.MostRequestBytes + 1)));
        Assert.Null(await lines.ReadLineAsync());
        Assert.Empty(await _rig.EntriesAsync());

        async Task<string?> CodeAsync(string text)
        {
            await stream.WriteAsync(Encoding.UTF8.GetBytes(text));
            return ClientRig.Line((await lines.ReadLineAsync())!).GetProperty("code").GetString();
        }
    }
}
