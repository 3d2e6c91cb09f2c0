using System.Net.Http.Json;
using System.Text.Json;
using ChunkUpload.Core.Access;
using ChunkUpload.Tests.Support;

namespace ChunkUpload.Tests.Functional.Projects;

/// <summary>A user with a device: the key of the agent, and what it tells.</summary>
internal sealed class DeviceRig(User user, HttpClient client, Guid device)
{
    private long _sequence;

    public User User => user;

    public HttpClient Client => client;

    public Guid Device => device;

    public Guid Folder { get; } = Guid.NewGuid();

    public static async Task<DeviceRig> StartAsync(TestService service, string name, Role role = Role.Member, string tenant = "default")
    {
        var people = new TestPeople(service);
        // The service is shared, and names for signing in are unique.
        var user = await people.UserAsync($"{name}{Guid.NewGuid():n}", role, tenant);
        return await OfAsync(service, user, $"{name}'s laptop", tenant);
    }

    /// <summary>Another device of a user, with a key of its own.</summary>
    public static async Task<DeviceRig> OfAsync(TestService service, User user, string name, string tenant = "default")
    {
        var client = await new TestPeople(service).ClientAsync(user, tenant);
        var made = await SendAsync(client, HttpMethod.Post, "/api/devices", new { name, platform = "linux" }, 201);
        return new DeviceRig(user, client, made.GetProperty("id").GetGuid());
    }

    public static async Task<JsonElement> SendAsync(
        HttpClient client, HttpMethod method, string path, object? body, int status, string? code = null)
    {
        using var request = new HttpRequestMessage(method, path) { Content = body is null ? null : JsonContent.Create(body) };
        using var answer = await client.SendAsync(request);
        var text = await answer.Content.ReadAsStringAsync();
        Assert.True((int)answer.StatusCode == status, $"{method} {path}: {(int)answer.StatusCode} {text}");
        var json = text.Length == 0 ? default : JsonDocument.Parse(text).RootElement.Clone();
        if (code is not null)
            Assert.Equal(code, json.GetProperty("code").GetString());
        return json;
    }

    public Task<JsonElement> GetAsync(string path, int status = 200) => SendAsync(client, HttpMethod.Get, path, null, status);

    public async Task<Guid> ProjectAsync(string name) =>
        (await SendAsync(client, HttpMethod.Post, "/api/projects", new { name }, 201)).GetProperty("id").GetGuid();

    public Task<JsonElement> ServeAsync(Guid project, string place, int status = 200, string? code = null) => SendAsync(
        client, HttpMethod.Post, $"/api/projects/{project}/folders", new { id = Folder, device_id = device, place }, status, code);

    /// <summary>Tells changes as the agent does, with the next number.</summary>
    public async Task<JsonElement> TellAsync(Guid project, object[] changes, object? snapshot = null)
    {
        var answer = await SendAsync(client, HttpMethod.Post, $"/api/projects/{project}/files/update", new
        {
            device_id = device,
            base_sequence = _sequence,
            batch_id = Guid.NewGuid(),
            snapshot,
            changes,
        }, 200);
        _sequence = answer.GetProperty("sequence").GetInt64();
        return answer;
    }

    public static object Upsert(string path, long size = 1, string at = "2026-01-15T09:30:12Z", string? hash = null) => new
    {
        op = "upsert",
        path,
        size,
        hash,
        modified_at = at,
        mode = 420,
    };

    public async Task<List<string>> PathsAsync(Guid project, string query = "") =>
    [
        .. (await GetAsync($"/api/projects/{project}/files-paginated?{query}")).GetProperty("files").EnumerateArray()
            .Select(file => file.GetProperty("path").GetString()!),
    ];
}
