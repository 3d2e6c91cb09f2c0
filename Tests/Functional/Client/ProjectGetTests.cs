using System.Diagnostics.CodeAnalysis;
using System.Net.Http.Json;
using System.Text.Json;
using ChunkUpload.Core.Access;
using ChunkUpload.Tests.Functional.Api;
using ChunkUpload.Tests.Support;

namespace ChunkUpload.Tests.Functional.Client;

/// <summary>A member asks for a file by cu project get, the owner approves it, and the agent of the owner sends it.</summary>
[Collection(DeviceCollection.Name)]
[SuppressMessage("Design", "CA1001", Justification = "xUnit calls DisposeAsync of IAsyncLifetime.")]
public sealed class ProjectGetTests(ApiFixture fixture) : IAsyncLifetime
{
    private const int Length = 12 << 20;
    private const int Large = 28 << 20;
    private const int Rate = 2 << 20;

    // At this rate, the rest of a large file takes longer than any wait.
    private const int Trickle = 64 << 10;

    private readonly TestService _service = fixture.Service;
    private readonly AgentRig _owner = new(fixture.Service);
    private readonly ClientRig _member = new();
    private readonly string _name = $"Skagen {Guid.NewGuid():n}";
    private CutProxy _proxy = null!;
    private HttpClient _client = null!;
    private string _ownerKey = "";
    private string _secondKey = "";
    private string _memberKey = "";
    private Guid _project;

    public async Task InitializeAsync()
    {
        _proxy = new CutProxy(_service.Address);
        var people = new TestPeople(_service);
        var owner = await people.UserAsync($"mara{Guid.NewGuid():n}"[..20], Role.Member);
        _client = await people.ClientAsync(owner);
        // Another computer of the owner.
        using var second = await people.ClientAsync(owner);
        var ines = await people.UserAsync($"ines{Guid.NewGuid():n}"[..20], Role.Member);
        using var member = await people.ClientAsync(ines);
        (_ownerKey, _secondKey, _memberKey) = (_owner.Machine.At("user.key"), _owner.Machine.At("second.key"), _member.At("user.key"));
        await File.WriteAllTextAsync(_ownerKey, _client.DefaultRequestHeaders.Authorization!.Parameter);
        await File.WriteAllTextAsync(_secondKey, second.DefaultRequestHeaders.Authorization!.Parameter);
        await File.WriteAllTextAsync(_memberKey, member.DefaultRequestHeaders.Authorization!.Parameter);
        _ = Directory.CreateDirectory(_owner.Machine.At("photos"));
        _project = await StraightRig.ProjectAsync(_client, _name, ines);
    }

    public async Task DisposeAsync()
    {
        await _owner.DisposeAsync();
        _member.Dispose();
        await _proxy.DisposeAsync();
        _client.Dispose();
    }

    [Fact]
    public async Task A_file_that_is_asked_for_and_approved_arrives_whole_through_kills_of_either_side()
    {
        _owner.Machine.File("photos/film.bin", Large);
        await ServeAsync();
        _proxy.Rate = 2 * Rate;
        string waiting;
        using (var get = Get("/line-14/film.bin", "in/"))
        {
            // It reports what it waits for, and the owner sees the requester.
            Assert.Contains("approves the request", await ClientRig.NoteAsync(get), StringComparison.Ordinal);
            waiting = await OwnerAsync("project", "requests", _name, "--json");
            var request = ClientRig.Line(waiting);
            Assert.Equal("/line-14/film.bin", request.GetProperty("path").GetString());
            Assert.StartsWith("ines", request.GetProperty("member").GetString(), StringComparison.Ordinal);
            Assert.Contains("asks in", await OwnerAsync("project", "requests"), StringComparison.Ordinal);
            await OwnerAsync("project", "approve", _name, request.GetProperty("id").GetString()!);
            await Eventually.HoldsAsync(() => Task.FromResult(WrittenByMember() >= 1 << 20 || get.HasExited));
            Assert.False(get.HasExited, "It has ended too early.");
            // kill -9 of both.
            get.Kill();
            await get.WaitForExitAsync();
            await _owner.KillAsync();
        }

        var passed = _proxy.Passed;
        await _owner.StartAsync();
        var done = ClientRig.Line(await MemberAsync("project", "get", _name, "/line-14/film.bin", "-o", "in/", "--json"));
        Assert.Equal(ClientRig.Sha256(ClientRig.Bytes(Large)), done.GetProperty("sha256").GetString());
        Assert.InRange(done.GetProperty("savedByResuming").GetInt64(), 1 << 20, Large);
        // Bytes that the service has kept were not sent again.
        Assert.InRange(_proxy.Passed - passed, 1, Large - (1 << 20));
        Assert.Equal(ClientRig.Bytes(Large), await File.ReadAllBytesAsync(_member.At("in/film.bin")));
        var manifest = ClientRig.Line((await File.ReadAllTextAsync(_member.At("in/local_files_manifest.json"))).ReplaceLineEndings(""));
        Assert.Equal(_project, manifest.GetProperty("project_id").GetGuid());
        var file = Assert.Single(manifest.GetProperty("synced_files").EnumerateArray());
        Assert.Equal(
            ("/line-14/film.bin", "film.bin", done.GetProperty("sha256").GetString(), (long)Large),
            (file.GetProperty("path").GetString(), file.GetProperty("local_path").GetString(), file.GetProperty("hash").GetString(),
                file.GetProperty("size").GetInt64()));
        Assert.Equal(
            ["film.bin", "local_files_manifest.json"],
            Directory.GetFileSystemEntries(_member.At("in")).Select(Path.GetFileName).Order(StringComparer.Ordinal));
        foreach (var listed in new[] { await OwnerAsync("project", "transfers"), await MemberAsync("project", "transfers") })
            Assert.Contains("completed", listed, StringComparison.Ordinal);
        Assert.Equal("", await OwnerAsync("project", "requests", "--json"));
        Assert.Empty(Directory.GetFiles(Path.Combine(_member.States, "transfers"), "*.json"));
        Assert.Equal(
            File.GetLastWriteTimeUtc(_owner.Machine.At("photos/film.bin")), File.GetLastWriteTimeUtc(_member.At("in/film.bin")),
            TimeSpan.FromMilliseconds(2));
    }

    [Fact]
    public async Task A_file_that_changes_while_it_is_sent_fails_and_the_next_request_gets_the_new_one()
    {
        _owner.Machine.File("photos/film.bin", Length);
        await ServeAsync();
        await ApproveAlwaysAsync();
        _proxy.Rate = Rate;
        using (var get = Get("/line-14/film.bin", "in/"))
        {
            await Eventually.HoldsAsync(() => Task.FromResult(_proxy.Passed > 3 << 20 || get.HasExited));
            _owner.Machine.File("photos/film.bin", Length, seed: 2);
            var (code, errors) = await ClientRig.EndAsync(get);
            Assert.True(code == 10, errors);
            _proxy.Rate = 0;
        }

        Assert.False(File.Exists(_member.At("in/film.bin")));
        Assert.Empty(Directory.GetFiles(_member.At("in"), "*.cu-part"));
        // The new one is listed once it has rested.
        var changed = File.GetLastWriteTimeUtc(_owner.Machine.At("photos/film.bin"));
        await Eventually.HoldsAsync(async () => (ClientRig.Line(await _client.GetStringAsync($"/api/projects/{_project}/files-paginated"))
            .GetProperty("files")[0].GetProperty("modified_at").GetDateTime() - changed).Duration() < TimeSpan.FromMilliseconds(2));
        await MemberAsync("project", "get", _name, "/line-14/film.bin", "-o", "in/");
        Assert.Equal(ClientRig.Bytes(Length, 2), await File.ReadAllBytesAsync(_member.At("in/film.bin")));
    }

    [Fact]
    public async Task Sending_stops_when_the_request_is_cancelled()
    {
        _owner.Machine.File("photos/film.bin", 2 * Length);
        await ServeAsync();
        await ApproveAlwaysAsync();
        _proxy.Rate = 1 << 20;
        using var get = Get("/line-14/film.bin", "in/");
        await Eventually.HoldsAsync(() => Task.FromResult(_proxy.Passed > 2 << 20 || get.HasExited));
        _proxy.Rate = Trickle;
        var transfer = ClientRig.Line(await MemberAsync("project", "transfers", _name, "--json"));
        Assert.Equal("in_progress", transfer.GetProperty("status").GetString());
        await MemberAsync("project", "cancel", _name, transfer.GetProperty("id").GetString()!);
        var (code, errors) = await ClientRig.EndAsync(get);
        Assert.True(code == 12, errors);
        await AssertSendingStopsAsync();
    }

    [Theory]
    [InlineData("member removed")]
    [InlineData("device revoked")]
    public async Task Both_sides_stop_when_a_right_ends(string how)
    {
        _owner.Machine.File("photos/film.bin", 2 * Length);
        await ServeAsync();
        await ApproveAlwaysAsync();
        _proxy.Rate = 1 << 20;
        using var get = Get("/line-14/film.bin", "in/");
        await Eventually.HoldsAsync(() => Task.FromResult(_proxy.Passed > 2 << 20 || get.HasExited));
        Assert.False(get.HasExited, "It has ended too early.");
        _proxy.Rate = Trickle;
        if (how == "member removed")
        {
            var members = ClientRig.Line(await _client.GetStringAsync($"/api/projects/{_project}/members")).GetProperty("members");
            var ines = members.EnumerateArray().Single(one => !one.GetProperty("can_change").GetBoolean()
                || one.GetProperty("name").GetString()!.StartsWith("ines", StringComparison.Ordinal));
            using var removed = await _client.DeleteAsync($"/api/projects/{_project}/members/{ines.GetProperty("subject").GetString()}");
            Assert.True(removed.IsSuccessStatusCode);
        }
        else
        {
            var folder = ClientRig.Line(await _client.GetStringAsync($"/api/projects/{_project}")).GetProperty("folders")[0];
            using var revoked = await _client.DeleteAsync($"/api/devices/{folder.GetProperty("device_id").GetString()}");
            Assert.True(revoked.IsSuccessStatusCode);
        }

        // The receiver ends although bytes still arrive.
        var (code, errors) = await ClientRig.EndAsync(get);
        Assert.True(code is 11 or 12, $"{code} {errors}");
        Assert.Contains(how == "member removed" ? "removed from it" : "has ended", errors, StringComparison.Ordinal);
        await AssertSendingStopsAsync();
        Assert.False(File.Exists(_member.At("in/film.bin")));
    }

    [Fact]
    public async Task A_device_sends_no_more_bytes_in_a_day_than_its_user_allows_whatever_the_service_says()
    {
        _owner.Machine.File("photos/a.bin", 600_000);
        _owner.Machine.File("photos/b.bin", 600_000, seed: 2);
        await ServeAsync("--bytes-a-day", "1M");
        await ApproveAlwaysAsync();
        await MemberAsync("project", "get", _name, "/line-14/a.bin", "-o", "in/");
        using var get = Get("/line-14/b.bin", "in/");
        await Eventually.HoldsAsync(async () => (await MemberAsync("project", "transfers", _name, "--open"))
            .Contains("b.bin", StringComparison.Ordinal));
        // Also after a restart.
        await _owner.KillAsync();
        await _owner.StartAsync();
        await Task.Delay(TimeSpan.FromSeconds(3));
        Assert.False(get.HasExited);
        Assert.Equal("pending", ClientRig.Line(await MemberAsync("project", "transfers", _name, "--open", "--json"))
            .GetProperty("status").GetString());
        get.Kill();
        await get.WaitForExitAsync();
    }

    [Fact]
    public async Task Two_members_get_one_version_and_names_that_fold_to_one_get_numbers()
    {
        _owner.Machine.File("photos/Foto.bin", 3_000_000);
        _ = Directory.CreateDirectory(_owner.Machine.At("photos/b"));
        _owner.Machine.File("photos/b/foto.BIN", 200_000, seed: 2);
        await ServeAsync();
        await ApproveAlwaysAsync();
        var other = new ClientRig();
        try
        {
            var both = new[]
            {
                MemberAsync("project", "get", _name, "/line-14/Foto.bin", "-o", "in/"),
                DoneAsync(other, _secondKey, "project", "get", _name, "/line-14/Foto.bin"),
            };
            await Task.WhenAll(both);
            Assert.Equal(ClientRig.Bytes(3_000_000), await File.ReadAllBytesAsync(_member.At("in/Foto.bin")));
            Assert.Equal(ClientRig.Bytes(3_000_000), await File.ReadAllBytesAsync(other.At("Foto.bin")));
        }
        finally
        {
            other.Dispose();
        }

        await MemberAsync("project", "get", _name, "/line-14/b/foto.BIN", "-o", "in/");
        Assert.Equal(ClientRig.Bytes(200_000, 2), await File.ReadAllBytesAsync(_member.At("in/foto (2).BIN")));
        var (code, _, errors) = await _member.RunCuAsync(
            _service.Address, _memberKey, "project", "get", _name, "/line-14/../secret", "-o", "in/");
        Assert.True(code is 11 or 12, errors);
        var again = ClientRig.Line(await MemberAsync("project", "get", _name, "/line-14/Foto.bin", "-o", "in/", "--json"));
        Assert.True(again.GetProperty("ok").GetBoolean());
    }

    [Fact]
    public async Task A_declined_request_says_so()
    {
        _owner.Machine.File("photos/a.bin", 1000);
        await ServeAsync();
        using var get = Get("/line-14/a.bin", "in/");
        await Eventually.HoldsAsync(async () => (await OwnerAsync("project", "requests", _name, "--json")).Length > 0);
        Assert.Equal(2, (await _owner.Machine.RunCuAsync(_service.Address, _ownerKey, "project", "decline", _name)).Code);
        await OwnerAsync("project", "decline", _name, "--all");
        var (code, errors) = await ClientRig.EndAsync(get);
        Assert.True(code == 12 && errors.Contains("declined", StringComparison.Ordinal), errors);
        Assert.Equal(8, (await _member.RunCuAsync(
            _service.Address, _memberKey, "project", "get", _name, "/line-14/a.bin", "-o", "in/")).Code);
    }

    [Fact]
    public async Task A_folder_is_asked_for_approved_and_fetched_as_one_through_a_kill()
    {
        foreach (var folder in new[] { "photos/raw", "photos/RAW", "photos/raw/deep" })
            _ = Directory.CreateDirectory(_owner.Machine.At(folder));
        foreach (var (name, size, seed) in new[]
        {
            ("photos/top.bin", 10_000, 1), ("photos/raw/a.bin", Length, 2), ("photos/raw/b.bin", Length, 3), ("photos/RAW/a.bin", 300, 4),
            ("photos/raw/deep/empty.bin", 0, 5),
        })
            _owner.Machine.File(name, size, seed);
        await ServeAsync();
        _proxy.Rate = 2 * Rate;
        using (var get = Get("/line-14/", "in"))
        {
            Assert.Contains("approves the request", await ClientRig.NoteAsync(get), StringComparison.Ordinal);
            var request = ClientRig.Line(await OwnerAsync("project", "requests", _name, "--json"));
            Assert.Equal(("/line-14/", 5), (request.GetProperty("folder").GetString(), request.GetProperty("files").GetInt32()));
            await OwnerAsync("project", "approve", _name, request.GetProperty("id").GetString()!);
            await Eventually.HoldsAsync(() => Task.FromResult(_proxy.Passed > 4 << 20 || get.HasExited));
            Assert.False(get.HasExited, "It has ended too early.");
            get.Kill();
            await get.WaitForExitAsync();
        }

        var passed = _proxy.Passed;
        _proxy.Rate = 0;
        var lines = (await MemberAsync("project", "get", _name, "/line-14/", "-o", "in", "--json")).Trim().Split('\n');
        var done = ClientRig.Line(lines[^1]);
        Assert.True(done.GetProperty("ok").GetBoolean(), lines[^1]);
        // It was the same request: the owner was not asked again, and bytes that the service had were not sent again.
        Assert.InRange(_proxy.Passed - passed, 1, (2 * Length) - (2 << 20));
        var batch = ClientRig.Line(await MemberAsync("project", "transfers", _name, "--json"));
        Assert.Equal(("completed", 5), (batch.GetProperty("status").GetString(), batch.GetProperty("completed").GetInt32()));
        Assert.Equal(ClientRig.Bytes(Length, 2), await File.ReadAllBytesAsync(_member.At("in/raw (2)/a.bin")));
        Assert.Equal(ClientRig.Bytes(Length, 3), await File.ReadAllBytesAsync(_member.At("in/raw (2)/b.bin")));
        Assert.Equal(ClientRig.Bytes(10_000, 1), await File.ReadAllBytesAsync(_member.At("in/top.bin")));
        Assert.Empty(await File.ReadAllBytesAsync(_member.At("in/raw (2)/deep/empty.bin")));
        // The folders differ only in case; the upper one comes first by path.
        Assert.Equal(ClientRig.Bytes(300, 4), await File.ReadAllBytesAsync(_member.At("in/RAW/a.bin")));
        var manifest = ClientRig.Line((await File.ReadAllTextAsync(_member.At("in/local_files_manifest.json"))).ReplaceLineEndings(""));
        Assert.Equal(5, manifest.GetProperty("synced_files").GetArrayLength());

        // Again: all files exist, and the owner is not asked.
        var again = ClientRig.Line(await MemberAsync("project", "get", _name, "/line-14/", "-o", "in", "--json"));
        Assert.Equal((5, 0), (again.GetProperty("unchanged").GetInt32(), again.GetProperty("moved").GetInt32()));
        _owner.Machine.File("photos/raw/new.bin", 400, seed: 6);
        await Eventually.HoldsAsync(async () =>
            (await MemberAsync("project", "ls", _name)).Contains("new.bin", StringComparison.Ordinal));
        using var last = Get("/line-14/raw/", "in2");
        await Eventually.HoldsAsync(async () => (await OwnerAsync("project", "requests", _name, "--json")).Length > 0);
        await OwnerAsync("project", "decline", _name, "--all");
        await last.WaitForExitAsync().WaitAsync(Eventually.Limit);
        Assert.Equal(12, last.ExitCode);
    }

    /// <summary>Waits until only heads of requests pass, long before the rest of the file would have passed at this rate.</summary>
    private async Task AssertSendingStopsAsync()
    {
        await Eventually.HoldsAsync(async () =>
        {
            var passed = _proxy.Passed;
            await Task.Delay(TimeSpan.FromSeconds(3));
            return _proxy.Passed - passed < Trickle;
        });
        Assert.InRange(_proxy.Passed, 2 << 20, Length);
    }

    /// <summary>Returns how much of a file is safe here if the receiver is killed.</summary>
    private long WrittenByMember()
    {
        var states = Path.Combine(_member.States, "transfers");
        if (!Directory.Exists(states) || Directory.GetFiles(states, "*.json") is not [var state])
            return 0;
        return JsonDocument.Parse(File.ReadAllText(state)).RootElement.GetProperty("written") is { } written && written.GetArrayLength() > 0
            ? written[0].GetProperty("length").GetInt64()
            : 0;
    }

    private async Task ServeAsync(params string[] options)
    {
        await _owner.StartAsync();
        await StraightRig.ServeAsync(_owner, _proxy.Address, _ownerKey, _project, _name, null, options);
        var files = Directory.GetFiles(_owner.Machine.At("photos"), "*", StraightRig.Served).Length;
        await Eventually.HoldsAsync(async () =>
        {
            var folders = ClientRig.Line(await _client.GetStringAsync($"/api/projects/{_project}")).GetProperty("folders");
            return folders.GetArrayLength() == 1 && folders[0].GetProperty("files").GetInt64() == files;
        });
    }

    private async Task ApproveAlwaysAsync()
    {
        var folder = ClientRig.Line(await _client.GetStringAsync($"/api/projects/{_project}")).GetProperty("folders")[0]
            .GetProperty("id").GetGuid();
        using var answer = await _client.PatchAsJsonAsync($"/api/projects/{_project}/folders/{folder}", new { approval = "always" });
        Assert.True(answer.IsSuccessStatusCode, await answer.Content.ReadAsStringAsync());
    }

    private System.Diagnostics.Process Get(string path, string into) =>
        _member.Cu(_service.Address, _memberKey, "project", "get", _name, path, "-o", into);

    private Task<string> OwnerAsync(params string[] arguments) => DoneAsync(_owner.Machine, _ownerKey, arguments);

    private Task<string> MemberAsync(params string[] arguments) => DoneAsync(_member, _memberKey, arguments);

    private async Task<string> DoneAsync(ClientRig machine, string key, params string[] arguments)
    {
        var (code, output, errors) = await machine.RunCuAsync(_service.Address, key, arguments);
        Assert.True(code == 0, $"{code} {output}{errors}");
        return output;
    }
}
