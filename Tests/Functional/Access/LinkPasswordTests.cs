using System.Net.Http.Json;
using System.Text.Json;
using ChunkUpload.Tests.Support;

namespace ChunkUpload.Tests.Functional.Access;

/// <summary>Passwords of upload links; those of download links are in <see cref="DownloadLinkTests"/>.</summary>
public sealed class LinkPasswordTests(PostgresFixture postgres) : IClassFixture<PostgresFixture>, IAsyncLifetime
{
    private TestService _service = null!;
    private LinkClient _links = null!;

    public async Task InitializeAsync()
    {
        _service = await TestService.StartAsync(postgres);
        _links = new LinkClient(_service);
    }

    public async Task DisposeAsync()
    {
        _links.Close();
        await _service.DisposeAsync();
    }

    [Fact]
    public async Task An_upload_link_takes_nothing_before_its_password()
    {
        var link = await _links.MakeAsync(new { kind = "upload", path = "locked", parents = true, password = "open sesame", maxSize = 10 });
        var about = await _links.Http.GetFromJsonAsync<JsonElement>($"{link.Path}/about");
        Assert.True(about.GetProperty("needsPassword").GetBoolean());
        // Its limits are shown only to callers who may send.
        Assert.Equal(JsonValueKind.Null, about.GetProperty("maxSize").ValueKind);
        await AssertLockedAsync(() => _links.PutAsync(link, "a.txt", "x"));
        await AssertLockedAsync(() => _links.CreateAsync(link, 1, "b.txt"));
        await AssertLockedAsync(() => _links.Http.PostAsJsonAsync($"{link.Path}/api/sessions", new { fileName = "c.txt", size = 1 }));
        using (var wrong = await _links.Http.PostAsJsonAsync($"{link.Path}/password", new { password = "open barley" }))
            Assert.Equal(401, (int)wrong.StatusCode);
        await AssertLockedAsync(() => _links.PutAsync(link, "a.txt", "x"));

        // The cookie is good for every way in.
        await Eventually.HoldsAsync(async () =>
        {
            using var entered = await _links.Http.PostAsJsonAsync($"{link.Path}/password", new { password = "open sesame" });
            return (int)entered.StatusCode == 204;
        });
        using (var put = await _links.PutAsync(link, "a.txt", "x"))
            Assert.True(put.IsSuccessStatusCode, await put.Content.ReadAsStringAsync());
        Assert.Equal("x", await _service.Client.GetStringAsync("/api/tree/locked/a.txt"));
        using (var made = await _links.CreateAsync(link, 1, "b.txt"))
            Assert.Equal(201, (int)made.StatusCode);
        using (var begun = await _links.Http.PostAsJsonAsync($"{link.Path}/api/sessions", new { fileName = "c.txt", size = 1 }))
            Assert.Equal(201, (int)begun.StatusCode);
        about = await _links.Http.GetFromJsonAsync<JsonElement>($"{link.Path}/about");
        Assert.Equal((false, 10), (about.GetProperty("needsPassword").GetBoolean(), about.GetProperty("maxSize").GetInt64()));

        // A new password ends the access that was opened with the old one; without one the link is open again.
        await ChangeAsync(link, "another one");
        await Eventually.HoldsAsync(async () => await StatusAsync(link) == 401);
        await ChangeAsync(link, "");
        await Eventually.HoldsAsync(async () => await StatusAsync(link) == 201);
    }

    private async Task ChangeAsync(LinkClient.Link link, string password)
    {
        using var changed = await _service.Client.PatchAsJsonAsync($"/api/links/{link.Id}", new { password });
        Assert.Equal(200, (int)changed.StatusCode);
    }

    private async Task<int> StatusAsync(LinkClient.Link link)
    {
        using var answer = await _links.PutAsync(link, $"{Guid.NewGuid():n}.txt", "x");
        return (int)answer.StatusCode;
    }

    private static async Task AssertLockedAsync(Func<Task<HttpResponseMessage>> send)
    {
        using var answer = await send();
        Assert.Equal(401, (int)answer.StatusCode);
        Assert.Equal("link_locked", await LinkClient.CodeAsync(answer));
    }
}
