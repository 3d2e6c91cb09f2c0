using System.Net;
using System.Net.Http.Json;
using System.Text;
using System.Text.Json;
using ChunkUpload.Tests.Support;

namespace ChunkUpload.Tests.Functional.Files;

/// <summary>The calls of the tree, as a client would make them, below a folder of the test's own.</summary>
internal sealed class TreeClient(TestService service, string root)
{
    public HttpClient Http => service.Client;

    public string Root => root;

    public Uri At(string path, string query = "") =>
        new("/api/tree/" + string.Join('/', $"{root}/{path}".Split('/').Select(Uri.EscapeDataString)) + query, UriKind.Relative);

    public Task<HttpResponseMessage> SendAsync(
        HttpMethod method, string path, string query = "", HttpContent? content = null, params (string Name, string Value)[] headers) =>
        SendAsync(method, At(path, query), content, headers);

    public async Task<HttpResponseMessage> SendAsync(
        HttpMethod method, Uri address, HttpContent? content = null, params (string Name, string Value)[] headers)
    {
        using var request = new HttpRequestMessage(method, address) { Content = content };
        foreach (var (name, value) in headers)
            request.Headers.TryAddWithoutValidation(name, value);
        return await Http.SendAsync(request);
    }

    public Task<HttpResponseMessage> TryPutAsync(
        string path, string content, string query = "", params (string Name, string Value)[] headers) =>
        SendAsync(HttpMethod.Put, path, query, new ByteArrayContent(Encoding.UTF8.GetBytes(content)), headers);

    public async Task<JsonElement> PutAsync(
        string path, string content, string query = "?parents=true", HttpStatusCode status = HttpStatusCode.Created,
        params (string Name, string Value)[] headers) =>
        await JsonAsync(await TryPutAsync(path, content, query, headers), status);

    public async Task<JsonElement> FolderAsync(
        string path, string query = "?parents=true", HttpStatusCode status = HttpStatusCode.Created) =>
        await JsonAsync(await SendAsync(HttpMethod.Put, path + "/", query), status);

    public Task<HttpResponseMessage> TryPatchAsync(string path, object change, params (string Name, string Value)[] headers) =>
        SendAsync(HttpMethod.Patch, path, "", JsonContent.Create(change), headers);

    public async Task<JsonElement> PatchAsync(string path, object change) =>
        await JsonAsync(await TryPatchAsync(path, change), HttpStatusCode.OK);

    public Task<HttpResponseMessage> TryCopyAsync(string from, string to, string? conflict = null) =>
        SendAsync(
            HttpMethod.Post, new Uri("/api/tree/copy", UriKind.Relative),
            JsonContent.Create(new { from = $"{root}/{from}", to = $"{root}/{to}", conflict, parents = true }));

    public async Task<string> ReadAsync(string path)
    {
        using var answer = await Http.GetAsync(At(path));
        Assert.True(answer.StatusCode == HttpStatusCode.OK, $"{path}: {(int)answer.StatusCode} {await answer.Content.ReadAsStringAsync()}");
        return await answer.Content.ReadAsStringAsync();
    }

    public async Task<JsonElement> ListAsync(string path = "", string query = "") =>
        await JsonAsync(await Http.GetAsync(At(path.Length == 0 ? "" : path + "/", query)), HttpStatusCode.OK);

    /// <summary>Returns the default space. Other tests may have made more.</summary>
    public async Task<JsonElement> SharedSpaceAsync() =>
        (await JsonAsync(await Http.GetAsync(new Uri("/api/spaces", UriKind.Relative)), HttpStatusCode.OK))
        .GetProperty("items").EnumerateArray().Single(space => space.GetProperty("kind").GetString() == "shared");

    /// <summary>Everything below the test's folder: paths from there, folders with a slash at the end.</summary>
    public async Task<string[]> PathsAsync()
    {
        var list = await ListAsync("", "?recursive=true&limit=1000");
        return [.. list.GetProperty("items").EnumerateArray().Select(
            item => item.GetProperty("path").GetString()![(root.Length + 1)..]
                + (item.GetProperty("kind").GetString() == "folder" ? "/" : ""))];
    }

    public static string[] Names(JsonElement list) =>
        [.. list.GetProperty("items").EnumerateArray().Select(item => item.GetProperty("name").GetString()!)];

    public static async Task<JsonElement> JsonAsync(HttpResponseMessage answer, HttpStatusCode status)
    {
        using (answer)
        {
            var text = await answer.Content.ReadAsStringAsync();
            Assert.True(answer.StatusCode == status, $"{answer.RequestMessage!.RequestUri}: {(int)answer.StatusCode} {text}");
            return JsonSerializer.Deserialize<JsonElement>(text);
        }
    }

    public static async Task RefusedAsync(HttpResponseMessage answer, HttpStatusCode status, string code)
    {
        using (answer)
        {
            var text = await answer.Content.ReadAsStringAsync();
            Assert.True(answer.StatusCode == status && text.Contains($"\"code\":\"{code}\"", StringComparison.Ordinal),
                $"{(int)status} {code} was expected, not {(int)answer.StatusCode} {text}");
        }
    }
}
