using System.Diagnostics.CodeAnalysis;
using System.Text.Json;
using ChunkUpload.Core.Access;
using ChunkUpload.Tests.Functional.Api;
using ChunkUpload.Tests.Support;

namespace ChunkUpload.Tests.Functional.Client;

/// <summary>cu project and cu agent serve: the members of a project see the files of a folder, whatever happens to the agent.</summary>
[Collection(ClientCollection.Name)]
[SuppressMessage("Design", "CA1001", Justification = "xUnit calls DisposeAsync of IAsyncLifetime.")]
public sealed class ServeTests(ApiFixture fixture) : IAsyncLifetime
{
    private readonly TestService _service = fixture.Service;
    private readonly AgentRig _rig = new(fixture.Service);
    private readonly string _name = $"Skagen {Guid.NewGuid():n}";
    private HttpClient _client = null!;
    private string _keyFile = "";

    public async Task InitializeAsync()
    {
        var people = new TestPeople(_service);
        _client = await people.ClientAsync(await people.UserAsync($"mara{Guid.NewGuid():n}"[..20], Role.Member));
        _keyFile = _rig.Machine.At("user.key");
        await File.WriteAllTextAsync(_keyFile, _client.DefaultRequestHeaders.Authorization!.Parameter);
        _ = Directory.CreateDirectory(_rig.Machine.At("photos"));
    }

    public async Task DisposeAsync() => await _rig.DisposeAsync();

    [Fact]
    public async Task A_served_folder_is_followed_through_changes_a_kill_and_a_disk_that_is_away()
    {
        _rig.Machine.File("photos/a.jpg", 5000);
        _rig.Machine.File("photos/.secret", 10);
        await _rig.StartAsync();
        var project = ClientRig.Line(await DoneAsync("project", "create", _name, "--json")).GetProperty("id").GetGuid();
        await DoneAsync("agent", "serve", "photos", "--project", _name, "--at", "/line-14");
        await ListsAsync(project, "/line-14/a.jpg");

        // While it runs: a new file, a rename, a removal.
        _rig.Machine.File("photos/b.jpg", 10);
        await ListsAsync(project, "/line-14/a.jpg", "/line-14/b.jpg");
        _ = Directory.CreateDirectory(_rig.Machine.At("photos/deep"));
        Directory.Move(_rig.Machine.At("photos/a.jpg"), _rig.Machine.At("photos/deep/c.jpg"));
        File.Delete(_rig.Machine.At("photos/b.jpg"));
        await ListsAsync(project, "/line-14/deep/c.jpg");
        var folder = (await FolderAsync(project)).GetProperty("sequence").GetInt64();
        Assert.True((await FolderAsync(project)).GetProperty("online").GetBoolean());

        // While it is dead.
        await _rig.KillAsync();
        _rig.Machine.File("photos/d.jpg", 10);
        await _rig.StartAsync();
        await ListsAsync(project, "/line-14/d.jpg", "/line-14/deep/c.jpg");
        // Only what had changed was told.
        Assert.InRange((await FolderAsync(project)).GetProperty("sequence").GetInt64(), folder + 1, folder + 3);

        // An empty folder in the place of the disk removes nothing.
        await _rig.KillAsync();
        Directory.Move(_rig.Machine.At("photos"), _rig.Machine.At("elsewhere"));
        _ = Directory.CreateDirectory(_rig.Machine.At("photos"));
        await _rig.StartAsync();
        await Eventually.HoldsAsync(async () => (await DoneAsync("agent", "duties")).Contains("is away", StringComparison.Ordinal));
        await ListsAsync(project, "/line-14/d.jpg", "/line-14/deep/c.jpg");

        var listed = await DoneAsync("project", "ls", _name);
        Assert.Contains("/line-14/deep/c.jpg", listed, StringComparison.Ordinal);
        Assert.Contains("2 files", await DoneAsync("project", "ls"), StringComparison.Ordinal);
        var link = (await DoneAsync("project", "invite", _name)).Trim();
        Assert.Contains(_name, await DoneAsync("project", "join", link), StringComparison.Ordinal);
        await DoneAsync("agent", "dismiss", "1");
        Assert.Equal("", await DoneAsync("agent", "duties"));
    }

    [Fact]
    public async Task Invitations_are_listed_and_ended()
    {
        _ = await DoneAsync("project", "create", _name);
        Assert.Equal("", await DoneAsync("project", "invitations", _name));
        var made = ClientRig.Line(await DoneAsync("project", "invite", _name, "--uses", "3", "--read-only", "--json"));
        var link = (await DoneAsync("project", "invite", _name)).Trim();
        var listed = (await DoneAsync("project", "invitations", _name, "--json")).Trim().Split('\n').Select(ClientRig.Line).ToList();
        Assert.Equal(2, listed.Count);
        var first = listed.Single(one => one.GetProperty("id").GetString() == made.GetProperty("id").GetString());
        Assert.Equal(
            (false, 0, 3, made.GetProperty("expiresAt").GetString()),
            (first.GetProperty("canChange").GetBoolean(), first.GetProperty("uses").GetInt32(), first.GetProperty("mostUses").GetInt32(),
                first.GetProperty("expiresAt").GetString()));
        // The service keeps no link.
        Assert.All(listed, one => Assert.False(one.TryGetProperty("link", out _)));
        var second = listed.Single(one => one.GetProperty("id").GetString() != made.GetProperty("id").GetString());
        await DoneAsync("project", "invitations", _name, "--end", second.GetProperty("id").GetString()!);
        var left = await DoneAsync("project", "invitations", _name);
        Assert.Contains(made.GetProperty("id").GetString()!, left, StringComparison.Ordinal);
        Assert.Contains("used 0 of 3", left, StringComparison.Ordinal);
        Assert.DoesNotContain(second.GetProperty("id").GetString()!, left, StringComparison.Ordinal);
        var (code, _, errors) = await RunAsync("project", "join", link);
        Assert.True(code == 11, errors);
        (code, _, errors) = await RunAsync("project", "invitations", _name, "--end", second.GetProperty("id").GetString()!);
        Assert.True(code == 11 && errors.Contains("no invitation with this id", StringComparison.Ordinal), errors);
    }

    [Fact]
    public async Task What_is_not_served_is_refused_before_the_agent_hears_of_it()
    {
        var (code, _, errors) = await RunAsync("agent", "serve", "photos", "--project", "no such project");
        Assert.True(code == 11, errors);
        (code, _, errors) = await RunAsync("agent", "serve", "/", "--project", _name);
        Assert.True(code == 2 && errors.Contains("whole drive", StringComparison.Ordinal), errors);
        (code, _, errors) = await RunAsync("agent", "serve", "nowhere", "--project", _name);
        Assert.True(code == 9, errors);
        _ = Directory.CreateDirectory(_rig.Machine.States);
        (code, _, errors) = await RunAsync("agent", "serve", Path.GetDirectoryName(_rig.Machine.States)!, "--project", _name);
        Assert.True(code == 2 && errors.Contains("state of this program", StringComparison.Ordinal), errors);
    }

    private Task<(int Code, string Output, string Errors)> RunAsync(params string[] arguments) =>
        _rig.Machine.RunCuAsync(_service.Address, _keyFile, arguments);

    private async Task<string> DoneAsync(params string[] arguments)
    {
        var (code, output, errors) = await RunAsync(arguments);
        Assert.True(code == 0, output + errors);
        return output;
    }

    private async Task<JsonElement> FolderAsync(Guid project) => Assert.Single(ClientRig.Line(
        await _client.GetStringAsync($"/api/projects/{project}")).GetProperty("folders").EnumerateArray());

    private Task ListsAsync(Guid project, params string[] paths) => Eventually.HoldsAsync(async () =>
        ClientRig.Line(await _client.GetStringAsync($"/api/projects/{project}/files-paginated")).GetProperty("files").EnumerateArray()
            .Select(file => file.GetProperty("path").GetString()).SequenceEqual(paths));
}
