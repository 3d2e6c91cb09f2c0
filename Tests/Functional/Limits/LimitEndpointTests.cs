using System.Net.Http.Json;
using System.Text.Json;
using ChunkUpload.Core.Access;
using ChunkUpload.Tests.Support;

namespace ChunkUpload.Tests.Functional.Limits;

/// <summary>/api/limits: the effective limits, and who may set them for whom.</summary>
public sealed class LimitEndpointTests(PostgresFixture postgres) : IClassFixture<PostgresFixture>, IAsyncLifetime
{
    private TestService _service = null!;
    private TestPeople _people = null!;
    private User _user = null!;
    private HttpClient _member = null!, _admin = null!;

    public async Task InitializeAsync()
    {
        _service = await TestService.StartAsync(postgres);
        _people = new TestPeople(_service);
        _user = await _people.UserAsync("mia", Role.Member);
        _member = await _people.ClientAsync(_user);
        _admin = await _people.ClientAsync(await _people.UserAsync("ada", Role.Admin));
    }

    public async Task DisposeAsync()
    {
        _member.Dispose();
        _admin.Dispose();
        await _service.DisposeAsync();
    }

    [Fact]
    public async Task A_caller_sees_what_is_in_force_used_and_available()
    {
        Assert.Equal(200, await SetAsync(_service.Client, "tenant/default", new { storedBytes = 1000, files = 5 }));
        Assert.Equal(200, await SetAsync(_service.Client, "default/user", new { files = 3, maxFileSize = 400 }));
        Assert.Equal(200, await SetAsync(_admin, $"user/{_user.Id:n}", new { storedBytes = 500 }));
        using (var put = await _member.PutAsync("/api/files/a.bin", new ByteArrayContent(new byte[100])))
            Assert.Equal(201, (int)put.StatusCode);
        var limits = await LimitsAsync(_member);
        Assert.Equal((1000, 100, 900), limits[("storedBytes", "tenant")]);
        Assert.Equal((500, 100, 400), limits[("storedBytes", "user")]);
        Assert.Equal((3, 1, 2), limits[("files", "user")]);
        Assert.Equal((5, 1, 4), limits[("files", "tenant")]);
        Assert.Equal((null, 0, null), limits[("openUploads", "user")]);
        Assert.Equal((400, null, null), limits[("maxFileSize", "service")]);
        Assert.Equal(413, await PutAsync(450));
        Assert.Equal(201, await PutAsync(400));
        Assert.Equal(413, await PutAsync(1));
        // Removed, the default holds again.
        using (var gone = await _admin.DeleteAsync($"/api/limits/user/{_user.Id:n}"))
            Assert.Equal(204, (int)gone.StatusCode);
        Assert.Equal(201, await PutAsync(1));
        Assert.Equal(413, await PutAsync(1));
    }

    [Fact]
    public async Task Admins_set_limits_in_their_tenant_within_what_it_has()
    {
        var user = $"user/{_user.Id:n}";
        Assert.Equal(403, await SetAsync(_member, user, new { files = 1 }));
        Assert.Equal(403, await SetAsync(_admin, "tenant/default", new { files = 1 }));
        Assert.Equal(404, await SetAsync(_admin, "default/user", new { files = 1 }));
        Assert.Equal(404, await SetAsync(_admin, "tenant/other", new { files = 1 }));
        Assert.Equal(404, await SetAsync(_admin, $"user/{Guid.NewGuid():n}", new { files = 1 }));
        Assert.Equal(404, await SetAsync(_admin, "nobody/1", new { files = 1 }));
        Assert.Equal(400, await SetAsync(_admin, user, new { files = -1 }));
        Assert.Equal(200, await SetAsync(_service.Client, "tenant/default", new { files = 10 }));
        Assert.Equal(400, await SetAsync(_admin, user, new { files = 11 }));
        Assert.Equal(200, await SetAsync(_admin, user, new { files = 10 }));
        var row = await _admin.GetFromJsonAsync<JsonElement>($"/api/limits/{user}");
        Assert.Equal(10, row.GetProperty("limits").GetProperty("files").GetInt64());
        Assert.Equal(0, row.GetProperty("used").GetProperty("files").GetInt64());
        // A key of a user counts for its user.
        var key = _member.DefaultRequestHeaders.GetValues(TestPeople.KeyHeader).Single();
        Assert.Equal(400, await SetAsync(_admin, $"key/{key}", new { files = 1 }));
        Assert.Equal(200, await SetAsync(_admin, $"key/{key}", new { maxFileSize = 50 }));
        Assert.Equal(413, await PutAsync(51));
        Assert.Equal(201, await PutAsync(50));
    }

    private async Task<int> PutAsync(int size)
    {
        using var put = await _member.PutAsync("/api/files/f.bin", new ByteArrayContent(new byte[size]));
        return (int)put.StatusCode;
    }

    private static async Task<int> SetAsync(HttpClient client, string path, object limits)
    {
        using var answer = await client.PutAsJsonAsync($"/api/limits/{path}", limits);
        return (int)answer.StatusCode;
    }

    private static async Task<Dictionary<(string, string), (long?, long?, long?)>> LimitsAsync(HttpClient client) =>
        (await client.GetFromJsonAsync<JsonElement>("/api/limits")).GetProperty("items").EnumerateArray().ToDictionary(
            item => (item.GetProperty("name").GetString()!, item.GetProperty("scope").GetString()!),
            item => (Number(item, "limit"), Number(item, "used"), Number(item, "available")));

    private static long? Number(JsonElement item, string name) =>
        item.GetProperty(name) is { ValueKind: JsonValueKind.Number } number ? number.GetInt64() : null;
}
