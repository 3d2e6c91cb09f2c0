using System.Net.Http.Headers;
using System.Net.Http.Json;
using System.Text;
using System.Text.Json;
using Dapper;
using Npgsql;

namespace ChunkUpload.Tests.Functional.Access;

public sealed partial class PeopleApiTests
{
    private async Task<long> CountAsync(string query)
    {
        await using var connection = new NpgsqlConnection(_service.ConnectionString);
        return await connection.ExecuteScalarAsync<long>(query);
    }

    private HttpClient Operator => _service.Client;

    private Task<JsonElement> TenantAsync(string name) => SendAsync(Operator, HttpMethod.Post, "/api/tenants", new { name }, 201);

    private async Task<(string Id, HttpClient Key)> UserAsync(string name, string role, string tenant)
    {
        var made = await SendAsync(Operator, HttpMethod.Post, "/api/users", new { name, role, tenant, password = Password }, 201);
        using var browser = await SignedInAsync(name, Password);
        var key = await KeyAsync(browser, new
        {
            name = "mine",
            scopes = role switch
            {
                "viewer" => new[] { "read", "list" },
                "member" => ["upload", "read", "delete", "list", "transfers", "projects"],
                _ => ["upload", "read", "delete", "list", "admin", "transfers", "projects"],
            },
            currentPassword = Password,
        });
        using var left = await browser.PostAsync("/signout");
        return (made.GetProperty("user").GetProperty("id").GetString()!, key);
    }

    private async Task<BrowserClient> SignedInAsync(string name, string password)
    {
        var browser = new BrowserClient(_service);
        using var answer = await browser.PostAsync("/signin", new { name, password });
        Assert.Equal(200, (int)answer.StatusCode);
        await browser.SubjectAsync();
        return browser;
    }

    private async Task<HttpClient> KeyAsync(BrowserClient browser, object body) =>
        ClientOf((await BrowserAsync(browser, HttpMethod.Post, "/api/keys", body, 201)).GetProperty("secret").GetString()!);

    private HttpClient ClientOf(string key)
    {
        var client = _service.CreateClient(withKey: false);
        client.DefaultRequestHeaders.Authorization = new AuthenticationHeaderValue("Bearer", key);
        return client;
    }

    private static async Task<JsonElement> BrowserAsync(
        BrowserClient browser, HttpMethod method, string path, object? body, int status, string? code = null)
    {
        using var answer = await browser.SendAsync(method, path, body, request =>
        {
            request.Headers.Add("Sec-Fetch-Site", "same-origin");
            if (browser.CsrfToken is not null)
                request.Headers.Add("X-CSRF-Token", browser.CsrfToken);
        });
        return await ReadAsync(answer, status, code);
    }

    private static async Task<JsonElement> SendAsync(
        HttpClient client, HttpMethod method, string path, object? body, int status, string? code = null)
    {
        using var request = new HttpRequestMessage(method, path) { Content = body is null ? null : JsonContent.Create(body) };
        using var answer = await client.SendAsync(request);
        return await ReadAsync(answer, status, code);
    }

    private static async Task<int> StatusAsync(HttpClient client, HttpMethod method, string path, object? body = null)
    {
        using var request = new HttpRequestMessage(method, path) { Content = body is null ? null : JsonContent.Create(body) };
        using var answer = await client.SendAsync(request);
        return (int)answer.StatusCode;
    }

    private static async Task<JsonElement> ReadAsync(HttpResponseMessage answer, int status, string? code)
    {
        var text = await answer.Content.ReadAsStringAsync();
        Assert.True(status == (int)answer.StatusCode, $"{answer.RequestMessage} gave {(int)answer.StatusCode}: {text}");
        var json = text.Length == 0 ? default : JsonDocument.Parse(text).RootElement;
        if (code is not null)
            Assert.Equal(code, json.GetProperty("code").GetString());
        return json;
    }

    private static async Task<string> BodyAsync(BrowserClient browser, string path)
    {
        using var answer = await browser.SendAsync(HttpMethod.Get, path);
        return await answer.Content.ReadAsStringAsync();
    }

    private static async Task<string?> CodeAsync(HttpResponseMessage answer) =>
        (await answer.Content.ReadFromJsonAsync<JsonElement>()).GetProperty("code").GetString();

    private static IEnumerable<string?> Texts(JsonElement array) => array.EnumerateArray().Select(item => item.GetString());

    private static IEnumerable<string?> Names(JsonElement list) =>
        list.GetProperty("items").EnumerateArray().Select(item => item.GetProperty("name").GetString());

    /// <summary>A body of JSON that lacks its last byte until it may end.</summary>
    private sealed class HeldJson : HttpContent
    {
        private readonly byte[] _json;
        private readonly TaskCompletionSource _started = new(TaskCreationOptions.RunContinuationsAsynchronously);
        private readonly TaskCompletionSource _end = new(TaskCreationOptions.RunContinuationsAsynchronously);

        public HeldJson(string json)
        {
            _json = Encoding.UTF8.GetBytes(json);
            Headers.ContentType = new MediaTypeHeaderValue("application/json");
        }

        public Task Started => _started.Task;

        public void End() => _end.SetResult();

        protected override async Task SerializeToStreamAsync(Stream stream, System.Net.TransportContext? context)
        {
            await stream.WriteAsync(_json.AsMemory(0, _json.Length - 1));
            await stream.FlushAsync();
            _started.SetResult();
            await _end.Task;
            await stream.WriteAsync(_json.AsMemory(_json.Length - 1));
        }

        protected override bool TryComputeLength(out long length)
        {
            length = _json.Length;
            return true;
        }
    }
}
