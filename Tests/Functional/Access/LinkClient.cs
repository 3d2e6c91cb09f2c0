using System.Net.Http.Headers;
using System.Net.Http.Json;
using System.Text;
using System.Text.Json;
using ChunkUpload.Tests.Support;

namespace ChunkUpload.Tests.Functional.Access;

/// <summary>Makes links and sends files through them, as a phone does: without any other credential.</summary>
internal sealed class LinkClient(TestService service)
{
    public HttpClient Http { get; } = service.CreateClient(withKey: false);

    public void Close() => Http.Dispose();

    /// <param name="maker">Null means the operator.</param>
    public async Task<Link> MakeAsync(object body, HttpClient? maker = null)
    {
        using var answer = await (maker ?? service.Client).PostAsJsonAsync("/api/links", body);
        var text = await answer.Content.ReadAsStringAsync();
        Assert.True((int)answer.StatusCode == 201, text);
        var made = JsonDocument.Parse(text).RootElement;
        var url = new Uri(made.GetProperty("url").GetString()!);
        return new Link(made.GetProperty("link").GetProperty("id").GetString()!, made.GetProperty("token").GetString()!, url.AbsolutePath);
    }

    public async Task<JsonElement> ViewAsync(Link link) =>
        await service.Client.GetFromJsonAsync<JsonElement>($"/api/links/{link.Id}");

    public Task<HttpResponseMessage> PutAsync(Link link, string name, string text, string type = "text/plain")
    {
        var content = new StringContent(text);
        content.Headers.ContentType = MediaTypeHeaderValue.Parse(type);
        return Http.PutAsync($"{link.Path}/files/{name}", content);
    }

    /// <param name="length">Null means deferred.</param>
    public Task<HttpResponseMessage> CreateAsync(
        Link link, long? length, string? name = null, string? type = null, string? path = null, string? concat = null)
    {
        var request = Tus(HttpMethod.Post, $"{link.Path}/files");
        if (concat is null || concat == "partial")
            request.Headers.Add(length is null ? "Upload-Defer-Length" : "Upload-Length", length is null ? "1" : $"{length}");
        string?[] pairs = [Pair("filename", name), Pair("filetype", type), Pair("path", path)];
        if (pairs.Any(pair => pair is not null))
            request.Headers.Add("Upload-Metadata", string.Join(',', pairs.Where(pair => pair is not null)));
        if (concat is not null)
            request.Headers.TryAddWithoutValidation("Upload-Concat", concat);
        return Http.SendAsync(request);
    }

    public Task<HttpResponseMessage> PatchAsync(string location, long offset, HttpContent content, long? length = null)
    {
        var request = Tus(HttpMethod.Patch, location);
        request.Headers.Add("Upload-Offset", $"{offset}");
        if (length is not null)
            request.Headers.Add("Upload-Length", $"{length}");
        content.Headers.ContentType = new MediaTypeHeaderValue("application/offset+octet-stream");
        request.Content = content;
        return Http.SendAsync(request);
    }

    public Task<HttpResponseMessage> TusAsync(HttpMethod method, string path) => Http.SendAsync(Tus(method, path));

    public static async Task<string?> CodeAsync(HttpResponseMessage answer)
    {
        var text = await answer.Content.ReadAsStringAsync();
        return text.StartsWith('{') ? JsonDocument.Parse(text).RootElement.GetProperty("code").GetString() : null;
    }

    private static HttpRequestMessage Tus(HttpMethod method, string path)
    {
        var request = new HttpRequestMessage(method, path);
        request.Headers.Add("Tus-Resumable", "1.0.0");
        return request;
    }

    private static string? Pair(string key, string? value) =>
        value is null ? null : $"{key} {Convert.ToBase64String(Encoding.UTF8.GetBytes(value))}";

    internal sealed record Link(string Id, string Token, string Path);
}
