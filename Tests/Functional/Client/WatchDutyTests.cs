using System.Diagnostics.CodeAnalysis;
using ChunkUpload.Tests.Functional.Api;
using ChunkUpload.Tests.Support;

namespace ChunkUpload.Tests.Functional.Client;

/// <summary>cu watch --background: a folder that the agent follows for good.</summary>
[Collection(DeviceCollection.Name)]
[SuppressMessage("Design", "CA1001", Justification = "xUnit calls DisposeAsync of IAsyncLifetime.")]
public sealed class WatchDutyTests(ApiFixture fixture) : IAsyncLifetime
{
    private readonly TestService _service = fixture.Service;
    private readonly AgentRig _rig = new(fixture.Service);
    private readonly string _place = $"watched-{Guid.NewGuid():n}";

    public Task InitializeAsync() => Task.CompletedTask;

    public async Task DisposeAsync() => await _rig.DisposeAsync();

    [Fact]
    public async Task A_watched_folder_is_followed_after_a_kill_until_the_duty_is_dismissed()
    {
        _ = Directory.CreateDirectory(_rig.Machine.At("photos"));
        await _rig.StartAsync();
        var (code, output, errors) = await _rig.CuAsync(
            _service.Address, "watch", "photos", "--to", _place, "--rest", "1s", "--background", "--json");
        Assert.True(code == 0, output + errors);
        Assert.Equal(1, ClientRig.Line(output).GetProperty("id").GetInt32());
        _rig.Machine.File("photos/a.jpg", 5000);
        await ArrivesAsync("a.jpg");
        await _rig.KillAsync();
        _rig.Machine.File("photos/b.jpg", 3000);
        await _rig.StartAsync();
        await ArrivesAsync("b.jpg");
        Assert.Equal(0, (await _rig.CuAsync(_service.Address, "agent", "dismiss", "1")).Code);
        Assert.Equal("", (await _rig.CuAsync(_service.Address, "agent", "duties")).Output);
        Assert.Equal(11, (await _rig.CuAsync(_service.Address, "agent", "dismiss", "1")).Code);
    }

    private Task ArrivesAsync(string name) => Eventually.HoldsAsync(async () =>
        (await _service.Client.GetAsync($"/api/tree/{_place}/{name}")).IsSuccessStatusCode);
}
