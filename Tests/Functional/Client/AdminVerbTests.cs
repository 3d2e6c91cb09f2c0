using System.Net.Http.Json;
using System.Text.Json;
using ChunkUpload.Tests.Functional.Api;
using ChunkUpload.Tests.Support;

namespace ChunkUpload.Tests.Functional.Client;

/// <summary>cu admin: tenants and limits over the API.</summary>
[Collection(ClientCollection.Name)]
public sealed class AdminVerbTests(ApiFixture fixture) : IDisposable
{
    private readonly ClientRig _rig = new();
    private readonly TestService _service = fixture.Service;
    private readonly string _name = $"t{Guid.NewGuid():n}"[..20];

    public void Dispose() => _rig.Dispose();

    [Fact]
    public async Task Tenants_are_added_suspended_resumed_and_removed()
    {
        await DoneAsync("admin", "tenants", "add", _name, "--title", "Acme\u202eLtd");
        var listed = (await DoneAsync("admin", "tenants")).Split('\n').Single(line => line.StartsWith(_name, StringComparison.Ordinal));
        // A title cannot reorder the text around it.
        Assert.Matches($@"^{_name}\s+active\s+\S+ \S+  Acme\S*Ltd", listed);
        Assert.DoesNotContain("\u202e", listed, StringComparison.Ordinal);

        await DoneAsync("admin", "tenants", "suspend", _name);
        Assert.Equal("suspended", await StateAsync());
        await DoneAsync("admin", "tenants", "resume", _name);
        Assert.Equal("active", await StateAsync());
        Assert.Equal(12, (await CuAsync("admin", "tenants", "add", _name)).Code);
        Assert.Equal(11, (await CuAsync("admin", "tenants", "suspend", "nobody")).Code);
        var (code, _, errors) = await CuAsync("admin", "tenants", "remove", "default");
        Assert.True(code == 6, errors);

        await DoneAsync("admin", "tenants", "remove", _name);
        Assert.NotEqual("active", await StateAsync());

        async Task<string?> StateAsync() => (await DoneAsync("admin", "tenants", "--json")).Split('\n')
            .Select(line => JsonElement.Parse(line)).Where(one => one.GetProperty("name").GetString() == _name)
            .Select(one => one.GetProperty("state").GetString()).FirstOrDefault();
    }

    [Fact]
    public async Task Limits_are_set_one_by_one_and_the_others_stay()
    {
        using (var made = await _service.Client.PostAsJsonAsync("/api/users", new { name = _name, displayName = "Ann", role = "member" }))
            Assert.Equal(201, (int)made.StatusCode);
        var user = $"user:{_name.ToUpperInvariant()}";
        await DoneAsync("admin", "limits", "set", user, "openUploads", "5");
        await DoneAsync("admin", "limits", "set", user, "storedBytes", "10GiB");
        await DoneAsync("admin", "limits", "set", user, "receiveBandwidth", "08:00,512k 18:00,off");
        await DoneAsync("admin", "limits", "set", user, "types", "image/*, text/plain");
        await DoneAsync("admin", "limits", "set", user, "metadata", """[{"key":"project","required":true}]""");
        await DoneAsync("admin", "limits", "set", user, "openUploads", "none");
        var limits = JsonElement.Parse(await DoneAsync("admin", "limits", user, "--json")).GetProperty("limits");
        Assert.Equal(
            (false, 10L << 30, "08:00,512k 18:00,off", 2, "project"),
            (limits.TryGetProperty("openUploads", out var open) && open.ValueKind == JsonValueKind.Number,
                limits.GetProperty("storedBytes").GetInt64(), limits.GetProperty("receiveBandwidth").GetString(),
                limits.GetProperty("types").GetArrayLength(), limits.GetProperty("metadata")[0].GetProperty("key").GetString()));
        Assert.Matches($@"(?m)^{user}\s+storedBytes\s+10737418240$", await DoneAsync("admin", "limits", user));
        Assert.Matches(@"(?m)^default:upload\s+", await DoneAsync("admin", "limits"));

        foreach (var (expected, arguments) in new (int, string[])[]
        {
            (12, [user, "receiveBandwidth", "fast"]), (2, [user, "speed", "1"]), (2, [user, "files", "many"]),
            (2, [user, "metadata", "{"]), (11, ["user:nobody", "files", "1"]), (11, [user, "files", "1", "--tenant", "no"]),
            (12, ["service", "files", "1"]), (2, ["device:1", "files", "1"]), (11, ["tenant:no", "files", "1"]),
        })
        {
            var (code, _, errors) = await CuAsync(["admin", "limits", "set", .. arguments]);
            Assert.True(code == expected, $"{string.Join(' ', arguments)}: {code} {errors}");
        }
    }

    [Fact]
    public async Task A_key_that_may_not_manage_is_refused()
    {
        using var made = await _service.Client.PostAsJsonAsync(
            "/api/keys", new { name = _name, kind = "tenant", scopes = new[] { "upload" }, days = 1 });
        var key = await made.Content.ReadFromJsonAsync<JsonElement>();
        await File.WriteAllTextAsync(_rig.At("key"), key.GetProperty("secret").GetString());
        foreach (var verb in (string[][])[["admin", "tenants"], ["admin", "limits", "tenant:default"], ["transfers"]])
            Assert.Equal(6, (await _rig.RunCuAsync(_service.Address, _rig.At("key"), verb)).Code);
    }

    private Task<(int Code, string Output, string Errors)> CuAsync(params string[] arguments) =>
        _rig.RunCuAsync(_service.Address, _service.KeyFile, arguments);

    private async Task<string> DoneAsync(params string[] arguments)
    {
        var (code, output, errors) = await CuAsync(arguments);
        Assert.True(code == 0, output + errors);
        return output.Trim();
    }
}
