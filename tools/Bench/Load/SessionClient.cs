using System.Net;
using System.Net.Http.Headers;
using System.Net.Http.Json;
using System.Text.Json.Nodes;
using ChunkUpload.Bench.UnderTest;

namespace ChunkUpload.Bench.Load;

/// <summary>The calls of the session API. An unexpected status is a <see cref="BenchException"/>.</summary>
internal sealed class SessionClient : IDisposable
{
    private readonly HttpClient _http;

    public SessionClient(ServiceProcess service)
    {
        _http = new HttpClient(new SocketsHttpHandler { UseProxy = false, PooledConnectionIdleTimeout = TimeSpan.FromMinutes(10) })
        {
            BaseAddress = service.Address,
            Timeout = TimeSpan.FromMinutes(10),
        };
        _http.DefaultRequestHeaders.Authorization = new AuthenticationHeaderValue("Bearer", service.Key);
    }

    /// <returns>The session's path.</returns>
    public async Task<string> CreateAsync(long size, string? sha256, CancellationToken cancellationToken)
    {
        var body = new JsonObject { ["fileName"] = "bench.bin", ["size"] = size, ["contentType"] = "application/octet-stream" };
        if (sha256 is not null)
            body["sha256"] = sha256;
        var session =
            await SendAsync(HttpMethod.Post, "/api/sessions", JsonContent.Create(body), HttpStatusCode.Created, cancellationToken);
        return $"/api/sessions/{session!["id"]}";
    }

    public async Task PutChunkAsync(
        string session, long offset, ReadOnlyMemory<byte> bytes, string digest, CancellationToken cancellationToken)
    {
        using var content = new ReadOnlyMemoryContent(bytes);
        content.Headers.Add("X-Chunk-SHA256", digest);
        await SendAsync(HttpMethod.Put, $"{session}/chunks/{offset}", content, HttpStatusCode.Created, cancellationToken);
    }

    public async Task<JsonNode> GetAsync(string path, CancellationToken cancellationToken) =>
        (await SendAsync(HttpMethod.Get, path, null, HttpStatusCode.OK, cancellationToken))!;

    /// <returns>200, or 202 while the digest is still being computed.</returns>
    public async Task<HttpStatusCode> CompleteAsync(string session, string? sha256, CancellationToken cancellationToken)
    {
        var body = new JsonObject();
        if (sha256 is not null)
            body["sha256"] = sha256;
        using var request = new HttpRequestMessage(HttpMethod.Post, $"{session}/complete") { Content = JsonContent.Create(body) };
        using var response = await _http.SendAsync(request, cancellationToken);
        if (response.StatusCode is not (HttpStatusCode.OK or HttpStatusCode.Accepted))
            throw await UnexpectedAsync(request, response, cancellationToken);
        return response.StatusCode;
    }

    /// <summary>Streams one request to <c>PUT /api/files/{name}</c>.</summary>
    /// <returns>The file's path.</returns>
    public async Task<string> PutFileAsync(HttpContent content, CancellationToken cancellationToken)
    {
        var file = await SendAsync(HttpMethod.Put, "/api/files/bench.bin", content, HttpStatusCode.Created, cancellationToken);
        return $"/api/files/{file!["id"]}";
    }

    public async Task DeleteAsync(string path, CancellationToken cancellationToken) =>
        await SendAsync(HttpMethod.Delete, path, null, HttpStatusCode.NoContent, cancellationToken);

    public void Dispose() => _http.Dispose();

    private async Task<JsonNode?> SendAsync(
        HttpMethod method, string path, HttpContent? content, HttpStatusCode expected, CancellationToken cancellationToken)
    {
        using var request = new HttpRequestMessage(method, path) { Content = content };
        using var response = await _http.SendAsync(request, cancellationToken);
        if (response.StatusCode != expected)
            throw await UnexpectedAsync(request, response, cancellationToken);
        return expected == HttpStatusCode.NoContent ? null : await response.Content.ReadFromJsonAsync<JsonNode>(cancellationToken);
    }

    private static async Task<BenchException> UnexpectedAsync(
        HttpRequestMessage request, HttpResponseMessage response, CancellationToken cancellationToken) =>
        new($"{request.Method} {request.RequestUri} was answered with {(int)response.StatusCode}: "
            + $"{await response.Content.ReadAsStringAsync(cancellationToken)}");
}
