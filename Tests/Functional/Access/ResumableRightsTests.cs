using System.Net;
using System.Net.Http.Json;
using System.Text;
using ChunkUpload.Tests.Functional.Api;
using ChunkUpload.Tests.Support;

namespace ChunkUpload.Tests.Functional.Access;

public sealed class ResumableRightsTests(PostgresFixture postgres) : IClassFixture<PostgresFixture>, IAsyncLifetime
{
    private TestService _service = null!;

    public async Task InitializeAsync() => _service = await TestService.StartAsync(postgres);

    public async Task DisposeAsync() => await _service.DisposeAsync();

    [Fact]
    public async Task The_location_of_a_complete_upload_is_one_that_its_caller_may_ask()
    {
        using var made = await _service.Client.PostAsJsonAsync(
            "/api/keys", new { name = "camera", kind = "tenant", scopes = new[] { "upload" } });
        var key = (await ApiClient.JsonAsync(made, HttpStatusCode.Created)).GetProperty("secret").GetString()!;
        using var camera = _service.CreateClient(withKey: false);
        camera.DefaultRequestHeaders.Authorization = new("Bearer", key);
        foreach (var (client, root) in new[] { (camera, "/uploads/"), (_service.Client, "/api/files/") })
        {
            using var create = Create("?1");
            using var created = await client.SendAsync(create);
            Assert.Equal(HttpStatusCode.Created, created.StatusCode);
            Assert.StartsWith(root, created.Headers.Location!.AbsolutePath, StringComparison.Ordinal);
            using var ask = new HttpRequestMessage(HttpMethod.Head, created.Headers.Location);
            using var answer = await client.SendAsync(ask);
            Assert.True(answer.IsSuccessStatusCode, $"{answer.StatusCode}");
            Assert.Equal("5", answer.Headers.GetValues("Upload-Offset").Single());
        }
    }

    [Fact]
    public async Task A_page_of_another_site_cannot_stop_an_upload_by_a_link()
    {
        using var browser = new BrowserClient(_service);
        await browser.SignInAsync();
        using var create = Create("?0");
        using var created = await _service.Client.SendAsync(create);
        var path = created.Headers.Location!.AbsolutePath;
        foreach (var (site, status) in new[] { ("cross-site", HttpStatusCode.Forbidden), ("same-origin", HttpStatusCode.NoContent) })
        {
            using var answer = await browser.SendAsync(
                HttpMethod.Get, path, change: request => request.Headers.Add("Sec-Fetch-Site", site));
            Assert.Equal(status, answer.StatusCode);
        }
    }

    private static HttpRequestMessage Create(string complete) => new(HttpMethod.Post, "/uploads")
    {
        Content = new ByteArrayContent(Encoding.UTF8.GetBytes("bytes")),
        Headers = { { "Upload-Draft-Interop-Version", "9" }, { "Upload-Complete", complete } },
    };
}
