using System.Diagnostics;
using System.Net;
using System.Net.Http.Json;
using System.Net.Sockets;
using System.Text.Json;
using ChunkUpload.Agent;
using ChunkUpload.Agent.Serving;
using ChunkUpload.Core.Access;
using ChunkUpload.Tests.Support;

namespace ChunkUpload.Tests.Functional.Client;

/// <summary>A project in which the agent of an owner listens for the devices of members, and one member, each on a machine.</summary>
/// <param name="lab">The namespaces of the two machines; <c>null</c> for the network of the tests.</param>
internal sealed class StraightRig(TestService service, StraightLab? lab = null) : IAsyncDisposable
{
    /// <summary>The agent's own file in a folder is not served.</summary>
    public static readonly EnumerationOptions Served = new() { RecurseSubdirectories = true };

    private readonly TestPeople _people = new(service);
    private HttpClient _client = null!;
    private BackProxy? _proxy;
    private User _owner = null!;
    private string _tenant = "";

    public string Name { get; } = $"Skagen {Guid.NewGuid():n}";

    public AgentRig Owner { get; } = new(service, lab?.Owner);

    public ClientRig Member { get; } = new() { Namespace = lab?.Member };

    public HttpClient Client => _client;

    public string OwnerKey { get; private set; } = "";

    public string MemberKey { get; private set; } = "";

    public string MemberSubject { get; private set; } = "";

    public Guid Project { get; private set; }

    public int Port { get; } = FreePort();

    /// <summary>The network between the two.</summary>
    public BackProxy Line => _proxy ??= new BackProxy(Port);

    public static async Task<StraightRig> StartAsync(
        TestService service, Role role = Role.Member, string tenant = "default", StraightLab? lab = null)
    {
        var rig = new StraightRig(service, lab);
        var people = rig._people;
        var owner = await people.UserAsync($"mara{Guid.NewGuid():n}"[..20], role, tenant);
        (rig._owner, rig._tenant) = (owner, tenant);
        rig._client = await people.ClientAsync(owner, tenant);
        var ines = await people.UserAsync($"ines{Guid.NewGuid():n}"[..20], Role.Member, tenant);
        using var member = await people.ClientAsync(ines, tenant);
        (rig.OwnerKey, rig.MemberKey, rig.MemberSubject) = (rig.Owner.Machine.At("user.key"), rig.Member.At("user.key"), ines.Subject);
        await File.WriteAllTextAsync(rig.OwnerKey, rig._client.DefaultRequestHeaders.Authorization!.Parameter);
        await File.WriteAllTextAsync(rig.MemberKey, member.DefaultRequestHeaders.Authorization!.Parameter);
        _ = Directory.CreateDirectory(rig.Owner.Machine.At("photos"));
        rig.Project = await ProjectAsync(rig._client, rig.Name, ines);
        return rig;
    }

    /// <summary>Switches to a service at another address.</summary>
    /// <param name="key">Another key of the owner; <c>null</c> for the current one.</param>
    public void Use(Uri address, string? key = null)
    {
        key ??= _client.DefaultRequestHeaders.Authorization!.Parameter;
        _client.Dispose();
        _client = new HttpClient { BaseAddress = address };
        _client.DefaultRequestHeaders.Authorization = new("Bearer", key);
    }

    /// <summary>Sets another key on the owner's computer, as cu login does.</summary>
    public async Task SignInAnewAsync() => await File.WriteAllTextAsync(OwnerKey, await KeyAsync());

    /// <summary>Makes another key of the owner.</summary>
    public async Task<string> KeyAsync()
    {
        using var client = await _people.ClientAsync(_owner, _tenant);
        return client.DefaultRequestHeaders.Authorization!.Parameter!;
    }

    /// <summary>Makes a project with a member, without the programs that <see cref="ServeTests"/> proves.</summary>
    public static async Task<Guid> ProjectAsync(HttpClient owner, string name, User member)
    {
        using var made = await owner.PostAsJsonAsync("/api/projects", new { name });
        Assert.True(made.IsSuccessStatusCode, await made.Content.ReadAsStringAsync());
        var project = ClientRig.Line(await made.Content.ReadAsStringAsync()).GetProperty("id").GetGuid();
        using var joined = await owner.PutAsJsonAsync($"/api/projects/{project}/members/{member.Subject}", new { can_change = true });
        Assert.True(joined.IsSuccessStatusCode, await joined.Content.ReadAsStringAsync());
        return project;
    }

    /// <summary>
    /// Serves the files of photos at /line-14: by cu agent serve if it has options, else by what that asks the agent for.
    /// </summary>
    /// <param name="service">The address at which the agent finds the service.</param>
    public static async Task ServeAsync(
        AgentRig owner, Uri service, string keyFile, Guid project, string name, string? listen = null, params string[] options)
    {
        // A recently written file is not listed before it has stopped changing.
        var rested = TimeProvider.System.GetUtcNow().UtcDateTime.AddMinutes(-1);
        foreach (var file in Directory.GetFiles(owner.Machine.At("photos"), "*", Served))
        {
            if (File.GetLastWriteTimeUtc(file) > rested)
                File.SetLastWriteTimeUtc(file, rested);
        }

        if (options.Length > 0)
        {
            string[] listening = listen is null ? [] : ["--listen", listen];
            var (code, output, errors) = await owner.Machine.RunCuAsync(
                service, keyFile, ["agent", "serve", "photos", "--project", name, "--at", "/line-14", .. listening, .. options]);
            Assert.True(code == 0, output + errors);
            return;
        }

        var work = new QueuedWork
        {
            IsUp = true,
            Local = owner.Machine.At("photos"),
            Url = service.AbsoluteUri,
            KeyFile = keyFile,
        };
        _ = await owner.AskAsync(new AgentRequest
        {
            Do = Protocol.AddDuty,
            Duty = ServeDuty.Of(work, project, name, "/line-14", listen: listen),
        });
    }

    public async ValueTask DisposeAsync()
    {
        await Owner.DisposeAsync();
        if (_proxy is not null)
            await _proxy.DisposeAsync();
        Member.Dispose();
        _client.Dispose();
    }

    /// <summary>Serves the files of photos, for every member.</summary>
    /// <param name="rate">Bytes a second; 0 for any number.</param>
    /// <param name="rule">A further rule of the folder.</param>
    /// <param name="refused">How many of the files the service does not list.</param>
    /// <param name="options">Options of cu agent serve.</param>
    public async Task ServeAsync(long rate = 0, bool listens = true, object? rule = null, int refused = 0, params string[] options)
    {
        await StartAgentAsync(rate);
        var listen = lab is null ? $"127.0.0.1:{Port}" : "private";
        await ServeAsync(Owner, OwnerService, OwnerKey, Project, Name, listens ? listen : null, options);
        var files = Directory.GetFiles(Owner.Machine.At("photos"), "*", Served).Length;
        await Eventually.HoldsAsync(async () => (await FoldersAsync()) is { } folders && folders.GetArrayLength() == 1
            && folders[0].GetProperty("files").GetInt64() == files - refused);
        await RuleAsync(new { approval = "always" });
        if (rule is not null)
            await RuleAsync(rule);
    }

    public Task StartAgentAsync(long rate = 0) => rate > 0
        ? Owner.StartAsync("--bandwidth", rate.ToString(System.Globalization.CultureInfo.InvariantCulture))
        : Owner.StartAsync();

    public async Task RuleAsync(object rule)
    {
        var folder = (await FoldersAsync())[0].GetProperty("id").GetGuid();
        using var answer = await _client.PatchAsJsonAsync($"/api/projects/{Project}/folders/{folder}", rule);
        Assert.True(answer.IsSuccessStatusCode, await answer.Content.ReadAsStringAsync());
    }

    /// <summary>Downloads a file over the network, or in another way that the options name.</summary>
    public Process Get(string name, params string[] options) => Member.Cu(
        MemberService, MemberKey, ["project", "get", Name, $"/line-14/{name}", "-o", "in/", "--json", .. options]);

    /// <summary>Fetches all files of photos.</summary>
    public Process GetFolder(params string[] options) => Member.Cu(
        MemberService, MemberKey, ["project", "get", Name, "/line-14/", "-o", "in", "--json", .. options]);

    public Process GetOverLine(string name, params string[] options) => Get(name, ["--from", Line.Address, .. options]);

    public static async Task<(int Code, JsonElement Answer, string Errors)> EndAsync(Process get, TimeSpan? patience = null)
    {
        using (get)
        {
            get.StandardInput.Close();
            var (output, errors) = (get.StandardOutput.ReadToEndAsync(), get.StandardError.ReadToEndAsync());
            await get.WaitForExitAsync().WaitAsync(patience ?? TimeSpan.FromMinutes(4));
            var lines = (await output).Split('\n', StringSplitOptions.RemoveEmptyEntries);
            return (get.ExitCode, lines.Length > 0 ? ClientRig.Line(lines[^1]) : default, await output + await errors);
        }
    }

    public async Task<JsonElement> RowAsync() =>
        ClientRig.Line(await _client.GetStringAsync($"/api/projects/{Project}/transfers")).GetProperty("transfers")[0];

    /// <summary>Returns how many transfers took each way.</summary>
    public async Task<Dictionary<string, int>> WaysAsync()
    {
        var (ways, cursor) = (new Dictionary<string, int>(), "");
        do
        {
            var page = ClientRig.Line(await _client.GetStringAsync($"/api/projects/{Project}/transfers?limit=200{cursor}"));
            foreach (var row in page.GetProperty("transfers").EnumerateArray())
            {
                var way = row.GetProperty("transfer_info").GetProperty("way").GetString()!;
                ways[way] = ways.GetValueOrDefault(way) + 1;
            }

            cursor = page.GetProperty("next_cursor").GetString() is { } next ? $"&cursor={next}" : "";
        }
        while (cursor.Length > 0);
        return ways;
    }

    public string Received(string name) => Member.At($"in/{name}");

    public Task<string> OwnerAsync(params string[] arguments) => DoneAsync(Owner.Machine, OwnerService, OwnerKey, arguments);

    public Task<string> MemberAsync(params string[] arguments) => DoneAsync(Member, MemberService, MemberKey, arguments);

    public async Task UntilMovedAsync(long bytes, Process get)
    {
        await Eventually.HoldsAsync(() => Task.FromResult(Line.Back >= bytes || get.HasExited));
        Assert.False(get.HasExited, "It has ended too early.");
    }

    private async Task<JsonElement> FoldersAsync() =>
        ClientRig.Line(await _client.GetStringAsync($"/api/projects/{Project}")).GetProperty("folders");

    private static async Task<string> DoneAsync(ClientRig machine, Uri address, string key, params string[] arguments)
    {
        var (code, output, errors) = await machine.RunCuAsync(address, key, arguments);
        Assert.True(code == 0, $"{code} {output}{errors}");
        return output;
    }

    private Uri OwnerService => lab?.OwnerService ?? service.Address;

    public Uri MemberService => lab?.MemberService ?? service.Address;

    private static int FreePort()
    {
        using var listener = new TcpListener(IPAddress.Loopback, 0);
        listener.Start();
        return ((IPEndPoint)listener.LocalEndpoint).Port;
    }
}

/// <summary>Two machines in network namespaces of their own, and the addresses at which they find the service.</summary>
internal sealed record StraightLab(string Owner, Uri OwnerService, string Member, Uri MemberService);
