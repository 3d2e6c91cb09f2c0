using System.Globalization;
using System.Net.Http.Headers;
using System.Net.Http.Json;
using System.Text.Json;
using ChunkUpload.Tests.Support;

namespace ChunkUpload.Tests.Upgrade;

/// <summary>The calls of one caller, by any protocol. Every answer but the expected one fails the test.</summary>
internal sealed class UpgradeClient(HttpClient http)
{
    public HttpClient Http => http;

    /// <param name="key">Null for the operator key, and empty for none.</param>
    public static UpgradeClient Of(ServiceProcess service, string? key = null)
    {
        var http = service.CreateClient(withKey: key is null);
        if (key is { Length: > 0 })
            http.DefaultRequestHeaders.Authorization = new AuthenticationHeaderValue("Bearer", key);
        return new UpgradeClient(http);
    }

    /// <param name="status">0 for any success.</param>
    public async Task<JsonElement> SendAsync(
        HttpMethod method, string path, HttpContent? content = null, int status = 0, params (string Name, string Value)[] headers)
    {
        using var answer = await AnswerAsync(method, path, content, headers);
        var text = await answer.Content.ReadAsStringAsync();
        Assert.True(
            status == 0 ? answer.IsSuccessStatusCode : (int)answer.StatusCode == status,
            $"{method} {path}: {(int)answer.StatusCode} instead of {status}: {text}");
        return text.Length > 0 && text[0] is '{' or '[' ? JsonElement.Parse(text) : default;
    }

    public Task<JsonElement> PostAsync(string path, object? body, int status = 0) =>
        SendAsync(HttpMethod.Post, path, body is null ? null : JsonContent.Create(body), status);

    public Task<JsonElement> GetAsync(string path) => SendAsync(HttpMethod.Get, path);

    public async Task<HttpResponseMessage> AnswerAsync(
        HttpMethod method, string path, HttpContent? content, params (string Name, string Value)[] headers)
    {
        using var request = new HttpRequestMessage(method, new Uri(path, UriKind.Relative)) { Content = content };
        foreach (var (name, value) in headers)
        {
            if (!request.Headers.TryAddWithoutValidation(name, value))
                _ = request.Content!.Headers.TryAddWithoutValidation(name, value);
        }

        return await http.SendAsync(request);
    }

    public async Task<string> SessionAsync(int size, object body, string prefix = "")
    {
        var made = await PostAsync(prefix + "/api/sessions", body);
        Assert.Equal(size, made.GetProperty("size").GetInt64());
        return $"{prefix}/api/sessions/{made.GetProperty("id").GetString()}";
    }

    public Task ChunkAsync(string session, byte[] whole, int offset, int length)
    {
        var chunk = whole[offset..(offset + length)];
        return SendAsync(
            HttpMethod.Put, $"{session}/chunks/{offset}", new ByteArrayContent(chunk), 0, ("X-Chunk-SHA256", KeptFacts.Sha256(chunk)));
    }

    /// <summary>Sends what is missing of a session, and continues chunks that broke off.</summary>
    public async Task FillAsync(string session, byte[] whole)
    {
        var missing = await GetAsync(session + "/missing");
        foreach (var range in missing.GetProperty("items").EnumerateArray())
        {
            var (offset, length) = (range.GetProperty("offset").GetInt32(), range.GetProperty("length").GetInt32());
            await ChunkAsync(session, whole, offset, length);
        }
    }

    /// <summary>Continues a chunk inside of what the service has kept of it.</summary>
    public async Task ContinueChunkAsync(string session, byte[] whole, int offset, int length)
    {
        var chunk = whole[offset..(offset + length)];
        using var head = await AnswerAsync(HttpMethod.Head, $"{session}/chunks/{offset}", null);
        var kept = int.Parse(head.Headers.GetValues("Upload-Offset").Single(), CultureInfo.InvariantCulture);
        Assert.InRange(kept, 1, length - 1);
        _ = await SendAsync(
            HttpMethod.Put, $"{session}/chunks/{offset}", new ByteArrayContent(chunk[kept..]), 0,
            ("X-Chunk-SHA256", KeptFacts.Sha256(chunk)), ("Content-Range", $"bytes {kept}-{length - 1}/*"));
    }

    /// <summary>Creates an upload of tus and returns its path.</summary>
    public async Task<string> TusAsync(string prefix, params (string Name, string Value)[] headers)
    {
        using var answer = await AnswerAsync(
            HttpMethod.Post, prefix + "/files", null, [("Tus-Resumable", "1.0.0"), .. headers]);
        Assert.True((int)answer.StatusCode == 201, await answer.Content.ReadAsStringAsync());
        return answer.Headers.Location!.IsAbsoluteUri ? answer.Headers.Location.AbsolutePath : answer.Headers.Location.OriginalString;
    }

    public async Task TusPatchAsync(string path, byte[] whole, int offset, int until, params (string Name, string Value)[] headers)
    {
        using var content = new ByteArrayContent(whole[offset..until]);
        content.Headers.ContentType = new MediaTypeHeaderValue(TusClient.OffsetType);
        _ = await SendAsync(
            HttpMethod.Patch, path, content, 204, [("Tus-Resumable", "1.0.0"), ("Upload-Offset", $"{offset}"), .. headers]);
    }

    /// <summary>Creates an upload of the IETF draft with the first bytes and returns its path.</summary>
    public async Task<string> IetfAsync(byte[] whole, int until, string prefix = "")
    {
        using var answer = await AnswerAsync(
            HttpMethod.Post, prefix + "/uploads", new ByteArrayContent(whole[..until]), ("Upload-Complete", "?0"),
            ("Upload-Length", $"{whole.Length}"), ("Upload-Draft-Interop-Version", "8"));
        Assert.True(answer.IsSuccessStatusCode, await answer.Content.ReadAsStringAsync());
        return answer.Headers.Location!.IsAbsoluteUri ? answer.Headers.Location.AbsolutePath : answer.Headers.Location.OriginalString;
    }

    public async Task IetfPatchAsync(string path, byte[] whole, int offset, int until)
    {
        using var content = new ByteArrayContent(whole[offset..until]);
        content.Headers.ContentType = new MediaTypeHeaderValue("application/partial-upload");
        using var answer = await AnswerAsync(
            HttpMethod.Patch, path, content, ("Upload-Offset", $"{offset}"), ("Upload-Complete", until == whole.Length ? "?1" : "?0"),
            ("Upload-Draft-Interop-Version", "8"));
        Assert.True(answer.IsSuccessStatusCode, $"{(int)answer.StatusCode}: {await answer.Content.ReadAsStringAsync()}");
    }

    /// <summary>The offset at which a stream continues.</summary>
    public async Task<int> OffsetAsync(string path, bool tus)
    {
        using var head = await AnswerAsync(
            HttpMethod.Head, path, null, tus ? ("Tus-Resumable", "1.0.0") : ("Upload-Draft-Interop-Version", "8"));
        Assert.True(head.IsSuccessStatusCode, $"HEAD {path}: {(int)head.StatusCode}");
        return int.Parse(head.Headers.GetValues("Upload-Offset").Single(), CultureInfo.InvariantCulture);
    }

    public async Task<string?> StateAsync(string upload) =>
        (await GetAsync($"/api/sessions/{upload}")).GetProperty("state").GetString();
}
