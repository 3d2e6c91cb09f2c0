using System.Net;
using System.Net.Http.Json;
using System.Text;
using System.Text.Json;
using ChunkUpload.Tests.Functional.Api;
using ChunkUpload.Tests.Support;

namespace ChunkUpload.Tests.Functional.Access;

/// <summary>The session API below /l/{token}: chunks through an upload link, within its limits.</summary>
public sealed class LinkSessionTests(PostgresFixture postgres) : IClassFixture<PostgresFixture>, IAsyncLifetime
{
    private TestService _service = null!;
    private LinkClient _links = null!;

    public async Task InitializeAsync()
    {
        _service = await TestService.StartAsync(postgres);
        _links = new LinkClient(_service);
        _links.Http.DefaultRequestHeaders.UserAgent.ParseAdd("Guest/1.0");
    }

    public async Task DisposeAsync()
    {
        _links.Close();
        await _service.DisposeAsync();
    }

    [Fact]
    public async Task Chunks_in_any_order_become_a_file_in_the_links_folder()
    {
        var link = await _links.MakeAsync(new { kind = "upload", path = "inbox", parents = true });
        using var created = await CreateAsync(link, new { fileName = "x.bin", path = "deep/film.txt", size = 6, conflict = "replace" });
        var session = await ApiClient.JsonAsync(created, HttpStatusCode.Created);
        var at = $"{link.Path}/api/sessions/{ApiClient.Id(session)}";
        Assert.Equal(at, created.Headers.Location!.OriginalString);

        await PutAsync($"{at}/chunks/3", "def");
        var missing = await _links.Http.GetFromJsonAsync<JsonElement>($"{at}/missing");
        Assert.Equal(0, Assert.Single(missing.GetProperty("items").EnumerateArray()).GetProperty("offset").GetInt64());
        using (var head = await _links.Http.SendAsync(new HttpRequestMessage(HttpMethod.Head, $"{at}/chunks/3")))
            Assert.Equal("3", head.Headers.GetValues("Upload-Offset").Single());
        await PutAsync($"{at}/chunks/0", "abc");
        using (var completed = await _links.Http.PostAsync($"{at}/complete", null))
            AssertTellsNoPlace(await ApiClient.JsonAsync(completed, HttpStatusCode.OK));
        AssertTellsNoPlace(await _links.Http.GetFromJsonAsync<JsonElement>(at));
        Assert.Equal("abcdef", await _service.Client.GetStringAsync("/api/tree/inbox/film.txt"));
        Assert.Equal(1, (await _links.ViewAsync(link)).GetProperty("files").GetInt64());

        // Another caller's session is answered as absent, and a cancelled session returns its reservation.
        var foreign = ApiClient.Id(await new ApiClient(_service).CreateAsync(6));
        Assert.Equal(404, (int)(await _links.Http.GetAsync($"{link.Path}/api/sessions/{foreign}")).StatusCode);
        Assert.Equal(404, (int)(await _links.Http.DeleteAsync($"{link.Path}/api/sessions/{foreign}")).StatusCode);
        using var second = await CreateAsync(link, new { fileName = "y.txt", size = 6 });
        Assert.Equal(200, (int)(await _links.Http.DeleteAsync(second.Headers.Location)).StatusCode);
        Assert.Equal(1, (await _links.ViewAsync(link)).GetProperty("files").GetInt64());
    }

    [Fact]
    public async Task The_links_limits_hold_and_a_digest_opens_nothing()
    {
        using (var known = await _service.Client.PutAsync("/api/tree/secret.txt", new StringContent("secret")))
            Assert.Equal(201, (int)known.StatusCode);
        var link = await _links.MakeAsync(
            new { kind = "upload", path = "inbox", parents = true, maxSize = 10, maxFiles = 1, types = new[] { "text/plain" } });
        foreach (var (body, status, code) in new (object, int, string)[]
        {
            (new { fileName = "a.txt", contentType = "text/plain" }, 400, "invalid_field"),
            (new { fileName = "a.txt", contentType = "text/plain", size = 11 }, 413, "link_size"),
            (new { fileName = "a.html", contentType = "text/html", size = 1 }, 415, "link_type"),
        })
        {
            using var refused = await CreateAsync(link, body);
            Assert.Equal((status, code), ((int)refused.StatusCode, await LinkClient.CodeAsync(refused)));
        }

        var digest = ApiClient.Hex(Encoding.UTF8.GetBytes("secret"));
        using var created = await CreateAsync(
            link, new { fileName = "copy.txt", path = "copy.txt", contentType = "text/plain", size = 6, sha256 = digest });
        var session = await ApiClient.JsonAsync(created, HttpStatusCode.Created);
        Assert.Equal("open", session.GetProperty("state").GetString());
        using var another = await CreateAsync(link, new { fileName = "b.txt", contentType = "text/plain", size = 1 });
        Assert.Equal((403, "link_files"), ((int)another.StatusCode, await LinkClient.CodeAsync(another)));
    }

    private static void AssertTellsNoPlace(JsonElement session)
    {
        Assert.Equal("completed", session.GetProperty("state").GetString());
        Assert.False(session.TryGetProperty("file", out _));
        Assert.False(session.TryGetProperty("owner", out _));
        Assert.Equal(JsonValueKind.Null, session.GetProperty("userAgent").ValueKind);
        Assert.False(session.TryGetProperty("contentUrl", out _));
    }

    private Task<HttpResponseMessage> CreateAsync(LinkClient.Link link, object body) =>
        _links.Http.PostAsJsonAsync($"{link.Path}/api/sessions", body);

    private async Task PutAsync(string path, string text)
    {
        using var request = new HttpRequestMessage(HttpMethod.Put, path) { Content = new ByteArrayContent(Encoding.UTF8.GetBytes(text)) };
        request.Headers.Add("X-Chunk-SHA256", ApiClient.Hex(Encoding.UTF8.GetBytes(text)));
        using var answer = await _links.Http.SendAsync(request);
        Assert.True(answer.IsSuccessStatusCode, await answer.Content.ReadAsStringAsync());
    }
}
