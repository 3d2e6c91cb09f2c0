using System.Net;
using System.Net.Http.Headers;
using System.Net.Http.Json;
using System.Security.Cryptography;
using System.Text.Json;
using ChunkUpload.Tests.Functional.Access;
using ChunkUpload.Tests.Support;

namespace ChunkUpload.Tests.Functional.Api;

/// <summary>
/// One service for tests of the HTTP API that change only their own sessions and files. The tests of a collection run one after another, so
/// there are four of them.
/// </summary>
[CollectionDefinition(Name)]
public sealed class ApiCollection : ICollectionFixture<ApiFixture>
{
    public const string Name = "HTTP API";
}

/// <summary>One service for tests of files, folders and WebDAV.</summary>
[CollectionDefinition(Name)]
public sealed class FilesCollection : ICollectionFixture<ApiFixture>
{
    public const string Name = "Files";
}

/// <summary>One service for tests of the client library and of cu.</summary>
[CollectionDefinition(Name)]
public sealed class ClientCollection : ICollectionFixture<ApiFixture>
{
    public const string Name = "Client";
}

/// <summary>One service for tests of projects, and of what a device does for its folders.</summary>
[CollectionDefinition(Name)]
public sealed class DeviceCollection : ICollectionFixture<ApiFixture>
{
    public const string Name = "Devices";
}

public sealed class ApiFixture : IAsyncLifetime
{
    private readonly PostgresFixture _postgres = new();

    // Each is signed in once, because an address may sign in only so often within a minute.
    private Lazy<Task<BrowserClient>>? _browser;
    private Lazy<Task<BrowserClient>>? _anotherBrowser;

    internal TestService Service { get; private set; } = null!;

    internal ApiClient Api { get; private set; } = null!;

    /// <summary>A signed-in browser; its session must not be ended.</summary>
    internal Task<BrowserClient> BrowserAsync() => _browser!.Value;

    internal Task<BrowserClient> AnotherBrowserAsync() => _anotherBrowser!.Value;

    public async Task InitializeAsync()
    {
        await _postgres.InitializeAsync();
        Service = await TestService.StartAsync(_postgres);
        Api = new ApiClient(Service);
        _browser = new(SignInAsync);
        _anotherBrowser = new(SignInAsync);
    }

    public async Task DisposeAsync() => await Service.DisposeAsync();

    private async Task<BrowserClient> SignInAsync()
    {
        var browser = new BrowserClient(Service);
        await browser.SignInAsync();
        return browser;
    }
}

/// <summary>The calls of the session API, as a client would make them.</summary>
internal sealed class ApiClient(TestService service)
{
    public HttpClient Http => service.Client;

    public static Uri At(string path) => new(path, UriKind.Relative);

    public static byte[] Bytes(int count, int seed = 1)
    {
        var bytes = new byte[count];
        new Random(seed).NextBytes(bytes);
        return bytes;
    }

    public static string Hex(ReadOnlySpan<byte> content) => Convert.ToHexStringLower(SHA256.HashData(content));

    public static string Digest(ReadOnlySpan<byte> content) => $"sha-256=:{Convert.ToBase64String(SHA256.HashData(content))}:";

    public async Task<JsonElement> CreateAsync(long? size, string name = "file.bin", string? sha256 = null)
    {
        using var answer = await Http.PostAsJsonAsync(At("/api/sessions"), new { fileName = name, size, sha256 });
        return await JsonAsync(answer, HttpStatusCode.Created);
    }

    public async Task<string> CreateIdAsync(long? size) => Id(await CreateAsync(size));

    public async Task<HttpResponseMessage> PutAsync(string id, long offset, byte[] bytes, Action<HttpRequestMessage>? change = null)
    {
        using var request =
            new HttpRequestMessage(HttpMethod.Put, At($"/api/sessions/{id}/chunks/{offset}")) { Content = new ByteArrayContent(bytes) };
        request.Headers.TryAddWithoutValidation("X-Chunk-SHA256", Hex(bytes));
        change?.Invoke(request);
        return await Http.SendAsync(request);
    }

    public async Task<JsonElement> PutOkAsync(string id, long offset, byte[] bytes, HttpStatusCode status = HttpStatusCode.Created)
    {
        using var answer = await PutAsync(id, offset, bytes);
        return await JsonAsync(answer, status);
    }

    public Task<HttpResponseMessage> HeadAsync(string id, long offset) =>
        Http.SendAsync(new HttpRequestMessage(HttpMethod.Head, At($"/api/sessions/{id}/chunks/{offset}")));

    public Task<HttpResponseMessage> CompleteAsync(string id, object? body = null) =>
        Http.PostAsync(At($"/api/sessions/{id}/complete"), body is null ? null : JsonContent.Create(body));

    public async Task<JsonElement> GetAsync(string path, HttpStatusCode status = HttpStatusCode.OK)
    {
        using var answer = await Http.GetAsync(At(path));
        return await JsonAsync(answer, status);
    }

    /// <summary>Uploads a file in one request.</summary>
    public async Task<JsonElement> FileAsync(byte[] content, string name = "file.bin", string? contentType = null)
    {
        using var body = new ByteArrayContent(content);
        if (contentType is not null)
            body.Headers.ContentType = MediaTypeHeaderValue.Parse(contentType);
        using var answer = await Http.PutAsync(At($"/api/files/{Uri.EscapeDataString(name)}"), body);
        return await JsonAsync(answer, HttpStatusCode.Created);
    }

    /// <summary>Sends a request as text on a connection of its own, with the key and Connection: close added.</summary>
    public Task<string> RawAsync(string head, string body = "") =>
        RawConnection.AnswerAsync(service.Address,
            $"{head}\r\nHost: {service.Address.Authority}\r\nAuthorization: Bearer {service.Key}\r\nConnection: close\r\n\r\n{body}");

    public static string Id(JsonElement json) => json.GetProperty("id").GetString()!;

    public static async Task<JsonElement> JsonAsync(HttpResponseMessage answer, HttpStatusCode status)
    {
        var text = await answer.Content.ReadAsStringAsync();
        Assert.True(answer.StatusCode == status, $"{(int)answer.StatusCode} instead of {(int)status}: {text}");
        return JsonDocument.Parse(text).RootElement.Clone();
    }

    /// <summary>Checks that the answer is a complete problem with this status and code.</summary>
    public static async Task<JsonElement> ProblemAsync(HttpResponseMessage answer, HttpStatusCode status, string code)
    {
        var json = await JsonAsync(answer, status);
        Assert.Equal("application/problem+json", answer.Content.Headers.ContentType?.MediaType);
        Assert.Equal(code, json.GetProperty("code").GetString());
        Assert.Equal(code, answer.Headers.GetValues("X-Error-Code").Single());
        AssertWhole(json, (int)status);
        return json;
    }

    public static void AssertWhole(JsonElement problem, int status)
    {
        Assert.Equal(status, problem.GetProperty("status").GetInt32());
        Assert.StartsWith("urn:chunkupload:error:", problem.GetProperty("type").GetString(), StringComparison.Ordinal);
        Assert.NotEmpty(problem.GetProperty("title").GetString()!);
        Assert.NotEmpty(problem.GetProperty("detail").GetString()!);
        Assert.NotEmpty(problem.GetProperty("requestId").GetString()!);
        if (problem.TryGetProperty("advice", out var advice))
            Assert.True(status is not (401 or 404 or 410) && advice.GetProperty("chunkSize").GetInt64() > 0);
        var retryable = problem.GetProperty("retryable").GetBoolean();
        Assert.Equal(retryable ? JsonValueKind.Number : JsonValueKind.Null, problem.GetProperty("retryAfterMs").ValueKind);
    }
}
