using System.Net;
using System.Net.Http.Headers;
using System.Net.Http.Json;
using System.Text.Json;
using ChunkUpload.Tests.Functional.Api;
using ChunkUpload.Tests.Support;

namespace ChunkUpload.Tests.Browser;

/// <summary>The System page in Chromium, and what the console does for several people, spaces and tenants.</summary>
public sealed class SystemPagesTests : IClassFixture<PostgresFixture>, IDisposable
{
    private const string Password = "correct horse battery staple";

    private readonly PostgresFixture _postgres;
    private readonly ConsoleRig _rig = new();

    public SystemPagesTests(PostgresFixture postgres) => _postgres = postgres;

    public void Dispose() => _rig.Dispose();

    [ConsoleFact]
    public async Task The_system_page_shows_health_and_every_setting_with_its_source()
    {
        await using var service = await ConsoleRig.ServiceAsync(_postgres);
        using var browser = ConsoleRig.Start("system", service.Address, service.Key);
        var (result, _) = await ConsoleRig.EndAsync(browser);
        Assert.Equal(service.DataDirectory, result.GetProperty("directory").GetString());
        Assert.Equal("***", result.GetProperty("secret").GetString());
    }

    [ConsoleFact]
    public async Task Changes_by_other_users_appear_in_Files_without_a_reload()
    {
        await using var service = await ConsoleRig.ServiceAsync(_postgres);
        using var browser = ConsoleRig.Start("changes", service.Address, service.Key);
        await ConsoleRig.AtAsync(browser, "put", () => PutAsync(service.Client, "from-elsewhere.txt"));
        await ConsoleRig.AtAsync(browser, "remove", async () =>
        {
            using var answer = await service.Client.DeleteAsync(ApiClient.At("/api/tree/from-elsewhere.txt"));
            Assert.True(answer.IsSuccessStatusCode);
        });
        await ConsoleRig.EndAsync(browser);
    }

    [ConsoleFact]
    public async Task A_dropped_folder_goes_to_the_space_that_is_shown_with_its_empty_folders()
    {
        var (path, bytes) = _rig.File("dropped/large.bin", 9_000_000);
        var folder = Path.GetDirectoryName(path)!;
        Directory.CreateDirectory(Path.Combine(folder, "empty"));
        await using var service = await ConsoleRig.ServiceAsync(_postgres);
        using var made = await service.Client.PostAsJsonAsync(ApiClient.At("/api/spaces"), new { name = "Projects" });
        var space = (await ApiClient.JsonAsync(made, HttpStatusCode.Created)).GetProperty("id").GetString()!;
        using var browser = ConsoleRig.Start("space", service.Address, service.Key, space, folder);
        await ConsoleRig.EndAsync(browser);
        var content = await service.Client.GetByteArrayAsync(ApiClient.At($"/api/spaces/{space}/tree/dropped/large.bin"));
        Assert.Equal(ApiClient.Hex(bytes), ApiClient.Hex(content));
        using var elsewhere = await service.Client.GetAsync(ApiClient.At("/api/tree/dropped/large.bin"));
        Assert.Equal(HttpStatusCode.NotFound, elsewhere.StatusCode);
    }

    [ConsoleFact]
    public async Task A_person_of_two_tenants_changes_between_them()
    {
        await using var service = await ConsoleRig.ServiceAsync(_postgres);
        await SendAsync(service.Client, HttpMethod.Post, "/api/tenants", new { name = "acme" });
        var user = await SendAsync(
            service.Client, HttpMethod.Post, "/api/users", new { name = "ann", role = "member", password = Password });
        var id = user.GetProperty("user").GetProperty("id").GetString();
        await SendAsync(service.Client, HttpMethod.Put, $"/api/users/{id}/memberships/acme", new { role = "member" });
        var key = await SendAsync(
            service.Client, HttpMethod.Post, "/api/keys",
            new { name = "acme", kind = "tenant", tenant = "acme", scopes = new[] { "upload" } });
        await PutAsync(service.Client, "of-default.txt");
        using var client = service.CreateClient(withKey: false);
        client.DefaultRequestHeaders.Authorization = new AuthenticationHeaderValue("Bearer", key.GetProperty("secret").GetString());
        await PutAsync(client, "of-acme.txt");
        using var browser = ConsoleRig.Start("tenants", service.Address, service.Key, Password);
        var (result, _) = await ConsoleRig.EndAsync(browser);
        Assert.Contains("default", result.GetString(), StringComparison.Ordinal);
    }

    private static async Task PutAsync(HttpClient client, string name)
    {
        using var content = new ByteArrayContent("hello"u8.ToArray());
        using var answer = await client.PutAsync(ApiClient.At($"/api/tree/{name}"), content);
        Assert.True(answer.IsSuccessStatusCode);
    }

    private static async Task<JsonElement> SendAsync(HttpClient client, HttpMethod method, string path, object body)
    {
        using var request = new HttpRequestMessage(method, ApiClient.At(path)) { Content = JsonContent.Create(body) };
        using var answer = await client.SendAsync(request);
        Assert.True(answer.IsSuccessStatusCode, await answer.Content.ReadAsStringAsync());
        return JsonElement.Parse(await answer.Content.ReadAsStringAsync());
    }
}
