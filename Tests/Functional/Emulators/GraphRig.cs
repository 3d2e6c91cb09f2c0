using System.Net;
using System.Net.Http.Headers;
using System.Text;
using System.Text.Json.Nodes;
using ChunkUpload.Emulators.Control;
using ChunkUpload.Emulators.Graph;

namespace ChunkUpload.Tests.Functional.Emulators;

/// <summary>A Graph emulator with a client that follows no redirect and sends what a test says.</summary>
internal sealed class GraphRig : IAsyncDisposable
{
    public const string Ann = "tok-ann";

    /// <summary>Ben's drive is a personal one.</summary>
    public const string Ben = "tok-ben";

    private readonly HttpClient _client = new(new SocketsHttpHandler { AllowAutoRedirect = false });

    private GraphRig(GraphEmulator emulator, EmulatorHost host) => (Emulator, Host) = (emulator, host);

    public GraphEmulator Emulator { get; }

    public EmulatorHost Host { get; }

    public string Api => $"{Host.Address}/v1.0";

    public static async Task<GraphRig> StartAsync(EmulatorOptions? options = null)
    {
        var emulator = new GraphEmulator();
        return new GraphRig(emulator, await EmulatorHost.StartAsync(emulator, options ?? new EmulatorOptions()));
    }

    public static byte[] Bytes(int count, int seed = 1)
    {
        var bytes = new byte[count];
        new Random(seed).NextBytes(bytes);
        return bytes;
    }

    /// <summary>A call of the API; a path is taken below the version.</summary>
    public Task<HttpResponseMessage> CallAsync(
        HttpMethod method, string address, object? body = null, string token = Ann, string? ifMatch = null)
    {
        var request = new HttpRequestMessage(method, address.StartsWith('/') ? Api + address : address);
        request.Headers.Authorization = new AuthenticationHeaderValue("Bearer", token);
        if (ifMatch is not null)
            request.Headers.TryAddWithoutValidation("If-Match", ifMatch);
        request.Content = body switch
        {
            null => null,
            byte[] bytes => new ByteArrayContent(bytes),
            JsonNode json => new StringContent(json.ToJsonString(), Encoding.UTF8, "application/json"),
            _ => JsonContent(body),
        };
        return _client.SendAsync(request);
    }

    public async Task<JsonNode> JsonAsync(
        HttpMethod method, string address, object? body = null, string token = Ann, HttpStatusCode status = HttpStatusCode.OK)
    {
        using var answer = await CallAsync(method, address, body, token);
        var text = await answer.Content.ReadAsStringAsync();
        Assert.True(answer.StatusCode == status, $"{method} {address}: {(int)answer.StatusCode} {text}");
        return JsonNode.Parse(text)!;
    }

    public Task<JsonNode> GetAsync(string address, string token = Ann) => JsonAsync(HttpMethod.Get, address, token: token);

    /// <summary>A call without a token, as upload and download addresses want it.</summary>
    public Task<HttpResponseMessage> SendAsync(HttpMethod method, string address, byte[]? body = null, string? range = null)
    {
        var request = new HttpRequestMessage(method, address);
        if (body is not null)
            request.Content = new ByteArrayContent(body);
        if (range is not null && request.Content is not null)
            request.Content.Headers.TryAddWithoutValidation("Content-Range", range);
        else if (range is not null)
            request.Headers.TryAddWithoutValidation("Range", range);
        return _client.SendAsync(request);
    }

    public Task<HttpResponseMessage> FragmentAsync(string address, byte[] file, int first, int last, long? total = null) =>
        SendAsync(HttpMethod.Put, address, file[first..(last + 1)], $"bytes {first}-{last}/{total ?? file.Length}");

    public async Task<string> BeginAsync(string path, object? item = null, string token = Ann, bool defer = false)
    {
        var session = await JsonAsync(
            HttpMethod.Post, $"/me/drive/root:/{path}:/createUploadSession", new { item, deferCommit = defer }, token);
        Assert.Equal("0-", (string?)session["nextExpectedRanges"]![0]);
        return (string)session["uploadUrl"]!;
    }

    public async Task<JsonNode> PutAsync(string path, byte[] content, string token = Ann)
    {
        using var answer = await CallAsync(HttpMethod.Put, $"/me/drive/root:/{path}:/content", content, token);
        Assert.True(answer.IsSuccessStatusCode, await answer.Content.ReadAsStringAsync());
        return JsonNode.Parse(await answer.Content.ReadAsStringAsync())!;
    }

    /// <summary>Checks a refusal by its status, its code and the code inside.</summary>
    public static async Task RefusedAsync(HttpResponseMessage answer, int status, string code, string? inner = null)
    {
        var text = await answer.Content.ReadAsStringAsync();
        Assert.True((int)answer.StatusCode == status, $"{(int)answer.StatusCode} {text}");
        var error = JsonNode.Parse(text)!["error"]!;
        Assert.Equal(code, (string?)error["code"]);
        Assert.Equal(inner, (string?)error["innerError"]!["code"]);
        Assert.NotNull((string?)error["innerError"]!["request-id"]);
        answer.Dispose();
    }

    public async Task<byte[]> ReadAsync(string path, string token = Ann)
    {
        using var redirect = await CallAsync(HttpMethod.Get, $"/me/drive/root:/{path}:/content", token: token);
        Assert.Equal(HttpStatusCode.Redirect, redirect.StatusCode);
        using var answer = await SendAsync(HttpMethod.Get, redirect.Headers.Location!.ToString());
        Assert.Equal(HttpStatusCode.OK, answer.StatusCode);
        return await answer.Content.ReadAsByteArrayAsync();
    }

    public Task<HttpResponseMessage> FormAsync(string path, params (string Name, string Value)[] values) =>
        _client.PostAsync(
            new Uri(Host.Address + path),
            new FormUrlEncodedContent(values.Select(pair => KeyValuePair.Create(pair.Name, pair.Value))));

    public Task<string> PageAsync(string path) => _client.GetStringAsync(new Uri(Host.Address + path));

    public async ValueTask DisposeAsync()
    {
        _client.Dispose();
        await Host.DisposeAsync();
    }

    private static StringContent JsonContent(object body) =>
        new(System.Text.Json.JsonSerializer.Serialize(body, System.Text.Json.JsonSerializerOptions.Web), Encoding.UTF8, "application/json");
}
