using System.Diagnostics.CodeAnalysis;
using System.Text.Json;
using ChunkUpload.Tests.Functional.Api;
using ChunkUpload.Tests.Support;

namespace ChunkUpload.Tests.Functional.Client;

/// <summary>The reasons that both users see if a computer cannot serve its folder, or does not list a file.</summary>
[Collection(DeviceCollection.Name)]
[SuppressMessage("Design", "CA1001", Justification = "xUnit calls DisposeAsync of IAsyncLifetime.")]
public sealed class ServeFaultTests(ApiFixture fixture) : IAsyncLifetime
{
    private const int Length = 100_000;

    private StraightRig _rig = null!;

    public async Task InitializeAsync() => _rig = await StraightRig.StartAsync(fixture.Service);

    public async Task DisposeAsync() => await _rig.DisposeAsync();

    [Fact]
    public async Task A_device_that_has_lost_its_key_says_so_at_both_ends_and_a_new_key_takes_the_folder_and_its_requests_over()
    {
        _rig.Owner.Machine.File("photos/film.bin", Length);
        await _rig.ServeAsync(listens: false);
        await _rig.Owner.KillAsync();
        File.Delete(Path.Combine(_rig.Owner.Machine.States, "device", "key.pem"));
        await _rig.StartAgentAsync();
        // In the terminal of cu agent, and later by cu agent duties.
        await Eventually.HoldsAsync(() => Task.FromResult(_rig.Owner.Notes.Any(IsToldToOwner)));
        var duties = await _rig.OwnerAsync("agent", "duties");
        Assert.True(IsToldToOwner(duties), duties);
        Assert.Contains($"in {_rig.Name}/line-14  waiting", duties, StringComparison.Ordinal);

        using var get = _rig.Member.Cu(
            fixture.Service.Address, _rig.MemberKey, "project", "get", _rig.Name, "/line-14/film.bin", "-o", "in/");
        Assert.Contains("has lost the key by which other devices know it", await ClientRig.NoteAsync(get), StringComparison.Ordinal);
        Assert.Equal("device_key", (await _rig.RowAsync()).GetProperty("waits_for").GetString());
        Assert.False((await _rig.RowAsync()).GetProperty("source_device").GetProperty("online").GetBoolean());

        await _rig.SignInAnewAsync();
        await _rig.Owner.KillAsync();
        await _rig.StartAgentAsync();
        var (code, errors) = await ClientRig.EndAsync(get);
        Assert.True(code == 0, errors);
        Assert.Equal(ClientRig.Bytes(Length), await File.ReadAllBytesAsync(_rig.Received("film.bin")));
    }

    [Fact]
    public async Task A_file_is_listed_once_it_has_rested_and_never_with_a_size_in_between()
    {
        _ = Directory.CreateDirectory(_rig.Owner.Machine.At("photos/old"));
        _rig.Owner.Machine.File("photos/old/a.bin", Length);
        await _rig.ServeAsync(listens: false);
        var sizes = new HashSet<long>();
        await using (var copy = File.Create(_rig.Owner.Machine.At("photos/new.bin")))
        {
            for (var block = 0; block < 12; block++)
            {
                await copy.WriteAsync(ClientRig.Bytes(Length));
                await copy.FlushAsync();
                await Task.Delay(TimeSpan.FromMilliseconds(300));
                sizes.UnionWith(await SizesAsync());
            }
        }

        await Eventually.HoldsAsync(async () =>
        {
            sizes.UnionWith(await SizesAsync());
            return sizes.Count > 1;
        });
        Assert.Equal([Length, 12 * Length], sizes.Order());
        // A move does not change it, and is listed at once.
        Directory.Move(_rig.Owner.Machine.At("photos/old"), _rig.Owner.Machine.At("photos/moved"));
        await Eventually.HoldsAsync(async () =>
            (await _rig.MemberAsync("project", "ls", _rig.Name)).Contains("moved/a.bin", StringComparison.Ordinal));
    }

    [Fact]
    public async Task A_file_that_the_list_does_not_take_is_named_with_the_reason()
    {
        _rig.Owner.Machine.File("photos/film.bin", Length);
        _rig.Owner.Machine.File("photos/c:", Length);
        await _rig.ServeAsync(listens: false, refused: 1);
        await Eventually.HoldsAsync(async () => (await _rig.OwnerAsync("agent", "duties")).Contains(
            $"1 file at /line-14 of {_rig.Name}. 1 file is refused, such as /line-14/c:: its name", StringComparison.Ordinal));
        Assert.Contains("1 file (", await _rig.MemberAsync("project", "ls"), StringComparison.Ordinal);
    }

    private static bool IsToldToOwner(string text) =>
        text.Contains("key.pem is not the key with which this computer was added at", StringComparison.Ordinal)
        && text.Contains("cu login", StringComparison.Ordinal);

    private async Task<IEnumerable<long>> SizesAsync() => JsonDocument.Parse(
        await _rig.Client.GetStringAsync($"/api/projects/{_rig.Project}/files-paginated")).RootElement.GetProperty("files")
        .EnumerateArray().Select(file => file.GetProperty("size").GetInt64());
}
