using System.Diagnostics.CodeAnalysis;
using System.Net.Http.Json;
using System.Text.Json;
using ChunkUpload.Core.Access;
using ChunkUpload.Tests.Functional.Api;
using ChunkUpload.Tests.Support;
using Dapper;
using Npgsql;

namespace ChunkUpload.Tests.Functional.Client;

/// <summary>A member's computer downloads a file from the owner's, without a byte of it at the service.</summary>
[Collection(DeviceCollection.Name)]
[SuppressMessage("Design", "CA1001", Justification = "xUnit calls DisposeAsync of IAsyncLifetime.")]
public sealed class StraightTests(ApiFixture fixture) : IAsyncLifetime
{
    private const int Length = 12 << 20;
    private const int Large = 40 << 20;
    private const int Rate = 8 << 20;

    private StraightRig _rig = null!;

    public async Task InitializeAsync() => _rig = await StraightRig.StartAsync(fixture.Service);

    public async Task DisposeAsync() => await _rig.DisposeAsync();

    [Fact]
    public async Task A_file_comes_whole_and_verified_with_no_byte_at_the_service()
    {
        _rig.Owner.Machine.File("photos/film.bin", Length);
        _rig.Owner.Machine.File("photos/empty.bin", 0);
        await _rig.ServeAsync(options: ["--at-once", "2"]);
        var (code, done, errors) = await StraightRig.EndAsync(_rig.GetOverLine("film.bin"));
        Assert.True(code == 0, errors);
        Assert.Equal("straight", done.GetProperty("way").GetString());
        Assert.Equal(ClientRig.Sha256(ClientRig.Bytes(Length)), done.GetProperty("sha256").GetString());
        Assert.Equal(ClientRig.Bytes(Length), await File.ReadAllBytesAsync(_rig.Received("film.bin")));
        Assert.InRange(_rig.Line.Back, Length, Length * 1.05);
        var row = await _rig.RowAsync();
        Assert.Equal(
            ("completed", "straight", (long)Length),
            (row.GetProperty("status").GetString(), row.GetProperty("transfer_info").GetProperty("way").GetString(),
                row.GetProperty("bytes_transferred").GetInt64()));
        Assert.Equal(done.GetProperty("sha256").GetString(), row.GetProperty("file_hash").GetString());
        Assert.Equal(JsonValueKind.Null, row.GetProperty("waits_for").ValueKind);
        (code, done, errors) = await StraightRig.EndAsync(_rig.Get("empty.bin"));
        Assert.True(code == 0 && done.GetProperty("way").GetString() == "straight", errors);
        // Both know the key of the other one now, and print their own.
        var owner = await _rig.OwnerAsync("project", "devices", "--json");
        var member = await _rig.MemberAsync("project", "devices", "--json");
        Assert.Contains(ClientRig.Line(owner).GetProperty("fingerprint").GetString()!, member, StringComparison.Ordinal);
        Assert.Contains(ClientRig.Line(member).GetProperty("fingerprint").GetString()!, owner, StringComparison.Ordinal);
    }

    [Fact]
    public async Task Ten_breaks_cost_at_most_a_twentieth_of_the_bytes()
    {
        _rig.Owner.Machine.File("photos/film.bin", Large);
        // On a busy machine the receiver is late by some hundredths of a second, and bytes that it has not read until then are lost.
        await _rig.ServeAsync(Rate / 2);
        var get = _rig.GetOverLine("film.bin");
        for (var i = 1; i <= 10; i++)
        {
            await _rig.UntilMovedAsync(i * 3L << 20, get);
            _rig.Line.Break();
        }

        var (code, done, errors) = await StraightRig.EndAsync(get);
        Assert.True(code == 0 && done.GetProperty("way").GetString() == "straight", errors);
        Assert.Equal(ClientRig.Bytes(Large), await File.ReadAllBytesAsync(_rig.Received("film.bin")));
        Assert.InRange(_rig.Line.Back, Large, Large * 1.05);
    }

    [Fact]
    public async Task What_came_straight_counts_when_the_rest_comes_through_the_service_and_the_other_way_round()
    {
        const int Size = 28 << 20;
        _rig.Owner.Machine.File("photos/film.bin", Size);
        // So slow that much is left when the device is asked for again, five seconds later.
        await _rig.ServeAsync(2 << 20);
        var get = _rig.GetOverLine("film.bin");
        await _rig.UntilMovedAsync(8 << 20, get);
        _rig.Line.IsDown = true;
        _rig.Line.Break();
        await Eventually.HoldsAsync(async () =>
            (await _rig.RowAsync()).GetProperty("transfer_info").GetProperty("way").GetString() == "relay");
        Assert.Equal("straight_unreachable", (await _rig.RowAsync()).GetProperty("transfer_info").GetProperty("reason").GetString());
        var before = _rig.Line.Back;
        await Eventually.HoldsAsync(async () => (await _rig.RowAsync()).GetProperty("bytes_transferred").GetInt64() > 10 << 20);
        _rig.Line.IsDown = false;
        var (code, done, errors) = await StraightRig.EndAsync(get);
        Assert.True(code == 0, errors);
        Assert.Equal("straight", done.GetProperty("way").GetString());
        Assert.True(_rig.Line.Back > before, "It did not come back to the straight way.");
        Assert.True(_rig.Line.Back < Size, "What came by the relay was fetched again.");
        Assert.Equal(ClientRig.Bytes(Size), await File.ReadAllBytesAsync(_rig.Received("film.bin")));
    }

    [Fact]
    public async Task A_fallback_relays_only_what_is_missing_and_more_if_the_receiver_has_lost_something()
    {
        _rig.Owner.Machine.File("photos/film.bin", Large);
        await _rig.ServeAsync(Rate);
        var get = _rig.GetOverLine("film.bin");
        await _rig.UntilMovedAsync(Large / 2, get);
        _rig.Line.IsDown = true;
        _rig.Line.Break();
        var (code, done, errors) = await StraightRig.EndAsync(get);
        Assert.True(code == 0, errors);
        Assert.Equal("relay", done.GetProperty("way").GetString());
        Assert.Equal(ClientRig.Sha256(ClientRig.Bytes(Large)), done.GetProperty("sha256").GetString());
        Assert.Equal(ClientRig.Bytes(Large), await File.ReadAllBytesAsync(_rig.Received("film.bin")));
        // Half of it came straight, but for what was on the line.
        var relayed = Assert.Single(await RelayedAsync());
        Assert.InRange(relayed, Large / 4, (Large / 2) + (2 << 20));
        Assert.InRange(_rig.Line.Back + relayed, Large, Large + (6 << 20));

        // A receiver that loses what it had gets all of it.
        _rig.Line.IsDown = false;
        _rig.Owner.Machine.File("photos/second.bin", Large, seed: 2);
        await Eventually.HoldsAsync(async () =>
            (await _rig.MemberAsync("project", "ls")).Contains("2 files", StringComparison.Ordinal));
        using (var lost = _rig.GetOverLine("second.bin"))
        {
            var before = _rig.Line.Back;
            await _rig.UntilMovedAsync(before + (8 << 20), lost);
            _rig.Line.IsDown = true;
            _rig.Line.Break();
            await Eventually.HoldsAsync(async () => (await _rig.RowAsync()).TryGetProperty("relay_ranges", out _) || lost.HasExited);
            lost.Kill();
            await lost.WaitForExitAsync();
        }

        foreach (var part in Directory.GetFiles(_rig.Member.At("in")).Where(file => !file.EndsWith("film.bin", StringComparison.Ordinal)))
            File.Delete(part);
        (code, done, errors) = await StraightRig.EndAsync(_rig.GetOverLine("second.bin"));
        Assert.True(code == 0, errors);
        Assert.Equal("relay", done.GetProperty("way").GetString());
        Assert.Equal(ClientRig.Bytes(Large, 2), await File.ReadAllBytesAsync(_rig.Received("second.bin")));
    }

    private async Task<IReadOnlyList<long>> RelayedAsync()
    {
        await using var connection = new NpgsqlConnection(fixture.Service.ConnectionString);
        return [.. await connection.QueryAsync<long>(
            "select received_bytes from chunkupload.uploads where relay_of = @Id",
            new { Id = (await _rig.RowAsync()).GetProperty("id").GetGuid() })];
    }

    [Fact]
    public async Task A_kill_of_either_side_keeps_what_has_come()
    {
        _rig.Owner.Machine.File("photos/film.bin", Large);
        await _rig.ServeAsync(Rate);
        using (var get = _rig.GetOverLine("film.bin"))
        {
            await _rig.UntilMovedAsync(16 << 20, get);
            get.Kill();
            await get.WaitForExitAsync();
        }

        await _rig.Owner.KillAsync();
        await _rig.StartAgentAsync();
        var (code, done, errors) = await StraightRig.EndAsync(_rig.GetOverLine("film.bin"));
        Assert.True(code == 0, errors);
        Assert.InRange(done.GetProperty("savedByResuming").GetInt64(), 8 << 20, Large);
        // If the agent needs longer to restart than the receiver searches for it, the rest is relayed.
        Assert.Contains(done.GetProperty("way").GetString(), (string[])["straight", "relay"]);
        Assert.InRange(_rig.Line.Back + (await RelayedAsync()).Sum(), Large, Large * 1.2);
        Assert.Equal(ClientRig.Bytes(Large), await File.ReadAllBytesAsync(_rig.Received("film.bin")));
    }

    [Theory]
    [InlineData("write")]
    [InlineData("link")]
    public async Task A_file_that_changes_while_it_is_sent_fails(string how)
    {
        var file = _rig.Owner.Machine.File("photos/film.bin", Large);
        _rig.Owner.Machine.File("secret.bin", Large, seed: 3);
        await _rig.ServeAsync(Rate);
        var get = _rig.GetOverLine("film.bin");
        await _rig.UntilMovedAsync(4 << 20, get);
        if (how == "write")
        {
            await using var stream = File.OpenWrite(file);
            stream.Write([1, 2, 3]);
        }
        else
        {
            // An open file stays the requested one; a file that is opened later is refused.
            File.Delete(file);
            _ = File.CreateSymbolicLink(file, _rig.Owner.Machine.At("secret.bin"));
            await _rig.Owner.KillAsync();
            await _rig.StartAgentAsync();
        }

        var (code, _, errors) = await StraightRig.EndAsync(get);
        Assert.True(code == 10, errors);
        Assert.False(File.Exists(_rig.Received("film.bin")));
        Assert.Equal("file_changed", (await _rig.RowAsync()).GetProperty("error_code").GetString());
    }

    [Theory]
    [InlineData(true)]
    [InlineData(false)]
    public async Task Sending_stops_with_the_end_of_a_right(bool isDevice)
    {
        _rig.Owner.Machine.File("photos/film.bin", Large);
        await _rig.ServeAsync(1 << 20);
        var get = _rig.GetOverLine("film.bin");
        await _rig.UntilMovedAsync(2 << 20, get);
        if (isDevice)
        {
            var devices = ClientRig.Line(await _rig.MemberAsync("project", "devices", "--json"));
            var mine = JsonDocument.Parse((await _rig.MemberAsync("project", "devices", "--json")).Split('\n')[1]).RootElement;
            Assert.Equal(devices.GetProperty("fingerprint").GetString(), mine.GetProperty("fingerprint").GetString());
            using var member = new HttpClient { BaseAddress = fixture.Service.Address };
            member.DefaultRequestHeaders.Authorization = new("Bearer", (await File.ReadAllTextAsync(_rig.MemberKey)).Trim());
            using var answer = await member.DeleteAsync($"/api/devices/{mine.GetProperty("id").GetString()}");
            Assert.True(answer.IsSuccessStatusCode);
        }
        else
        {
            using var answer = await _rig.Client.DeleteAsync($"/api/projects/{_rig.Project}/members/{_rig.MemberSubject}");
            Assert.True(answer.IsSuccessStatusCode, await answer.Content.ReadAsStringAsync());
        }

        // The bytes stop long before the rest would have arrived at this rate.
        var back = -1L;
        await Eventually.HoldsAsync(async () =>
        {
            back = _rig.Line.Back;
            await Task.Delay(TimeSpan.FromSeconds(1));
            return _rig.Line.Back == back;
        });
        Assert.InRange(back, 1, Large / 2);
        var (code, _, errors) = await StraightRig.EndAsync(get);
        Assert.True(code is 6 or 11 or 12, $"{code} {errors}");
    }

    [Fact]
    public async Task Wrong_bytes_are_found_by_the_digest()
    {
        var file = _rig.Owner.Machine.File("photos/film.bin", 1 << 20);
        await _rig.ServeAsync();
        Assert.Equal(0, (await StraightRig.EndAsync(_rig.Get("film.bin"))).Code);
        // The agent knows the digest now. Change a byte, with the same size and time.
        await Eventually.HoldsAsync(async () => (await _rig.OwnerAsync("project", "ls", _rig.Project.ToString(), "--json"))
            .Contains(ClientRig.Sha256(ClientRig.Bytes(1 << 20)), StringComparison.Ordinal));
        var time = File.GetLastWriteTimeUtc(file);
        await using (var stream = File.OpenWrite(file))
            stream.Write([1, 2, 3]);
        File.SetLastWriteTimeUtc(file, time);
        File.Delete(_rig.Received("film.bin"));
        var (code, answer, errors) = await StraightRig.EndAsync(_rig.Get("film.bin"));
        Assert.True(code == 5, errors);
        Assert.Equal("digest_mismatch", answer.GetProperty("code").GetString());
        Assert.False(File.Exists(_rig.Received("film.bin")));
    }

    [Fact]
    public async Task A_device_that_does_not_prove_its_key_gets_no_token_and_the_file_comes_through_the_service()
    {
        _rig.Owner.Machine.File("photos/film.bin", Length);
        await _rig.ServeAsync(listens: false);
        var (code, done, errors) = await StraightRig.EndAsync(_rig.Get("film.bin"));
        Assert.True(code == 0, errors);
        Assert.Equal(
            ("relay", "source_not_listening"), (done.GetProperty("way").GetString(), done.GetProperty("wayReason").GetString()));
        // Another computer answers at the address.
        File.Delete(_rig.Received("film.bin"));
        await _rig.Owner.KillAsync();
        var second = await StraightRig.StartAsync(fixture.Service);
        try
        {
            await second.ServeAsync();
            await _rig.ServeAsync(listens: true);
            var (other, way, said) = await StraightRig.EndAsync(_rig.Get("film.bin", "--from", $"127.0.0.1:{second.Port}"));
            Assert.True(other == 0, said);
            Assert.Equal(
                ("relay", "straight_unreachable"), (way.GetProperty("way").GetString(), way.GetProperty("wayReason").GetString()));
        }
        finally
        {
            await second.DisposeAsync();
        }
    }

    [Fact]
    public async Task Files_that_are_never_relayed_wait_for_their_device_and_say_so()
    {
        _rig.Owner.Machine.File("photos/film.bin", Length);
        await _rig.ServeAsync(rule: new { straight_only = true });
        _rig.Line.IsDown = true;
        var get = _rig.GetOverLine("film.bin");
        var (code, answer, errors) = await StraightRig.EndAsync(get);
        Assert.True(code == 3, errors);
        Assert.Equal("straight_unreachable", answer.GetProperty("code").GetString());
        Assert.Contains("never go through the service", answer.GetProperty("message").GetString(), StringComparison.Ordinal);
        _rig.Line.IsDown = false;
        (code, answer, errors) = await StraightRig.EndAsync(_rig.GetOverLine("film.bin"));
        Assert.True(code == 0, errors);
        // It is never sent through the service.
        File.Delete(_rig.Received("film.bin"));
        (code, answer, errors) = await StraightRig.EndAsync(_rig.Get("film.bin", "--relay"));
        Assert.True(code == 12 || answer.GetProperty("code").GetString() == "straight_only", errors);
    }

    [Fact]
    public async Task Where_an_administrator_forbids_it_the_file_comes_through_the_service()
    {
        var tenant = $"t{Guid.NewGuid():n}"[..20];
        using (var made = await fixture.Service.Client.PostAsJsonAsync("/api/tenants", new { name = tenant }))
            Assert.True(made.IsSuccessStatusCode, await made.Content.ReadAsStringAsync());
        var rig = await StraightRig.StartAsync(fixture.Service, Role.Admin, tenant);
        try
        {
            rig.Owner.Machine.File("photos/film.bin", Large);
            await rig.ServeAsync(Rate);
            var get = rig.GetOverLine("film.bin");
            await rig.UntilMovedAsync(2 << 20, get);
            using var answer = await rig.Client.PatchAsJsonAsync("/api/project-rules", new { straight = false });
            Assert.True(answer.IsSuccessStatusCode, await answer.Content.ReadAsStringAsync());
            await Task.Delay(TimeSpan.FromSeconds(2));
            var back = rig.Line.Back;
            var (code, done, errors) = await StraightRig.EndAsync(get);
            Assert.True(code == 0, errors);
            Assert.InRange(rig.Line.Back - back, 0, 1 << 20);
            Assert.Equal("relay", done.GetProperty("way").GetString());
            Assert.Equal(ClientRig.Bytes(Large), await File.ReadAllBytesAsync(rig.Received("film.bin")));
        }
        finally
        {
            await rig.DisposeAsync();
        }
    }
}
