using System.Globalization;
using System.IO.Compression;
using System.Net;
using System.Net.Http.Json;
using System.Text.Json;
using ChunkUpload.Core.Access;
using ChunkUpload.Tests.Support;
using Dapper;
using Microsoft.Extensions.DependencyInjection;
using Npgsql;

namespace ChunkUpload.Tests.Functional.Access;

/// <summary>Download links: a file or a folder, how often, and with which password.</summary>
public sealed class DownloadLinkTests(PostgresFixture postgres) : IClassFixture<PostgresFixture>, IAsyncLifetime
{
    private TestService _service = null!;
    private LinkClient _links = null!;

    public async Task InitializeAsync()
    {
        _service = await TestService.StartAsync(postgres);
        _links = new LinkClient(_service);
        foreach (var (path, text) in new[] { ("shared/a.txt", "aaaa"), ("shared/deep/b.txt", "bbbb"), ("secret.txt", "secret") })
        {
            using var put = await _service.Client.PutAsync($"/api/tree/{path}?parents=true", new StringContent(text));
            Assert.Equal(201, (int)put.StatusCode);
        }
    }

    public async Task DisposeAsync()
    {
        _links.Close();
        await _service.DisposeAsync();
    }

    [Fact]
    public async Task A_link_to_a_file_sends_it_whole_and_in_ranges()
    {
        var link = await _links.MakeAsync(new { kind = "download", path = "shared/a.txt", title = "For you" });
        var about = await _links.Http.GetFromJsonAsync<JsonElement>($"{link.Path}/about");
        Assert.Equal(("a.txt", 4), (about.GetProperty("name").GetString(), about.GetProperty("size").GetInt64()));
        using var whole = await _links.Http.GetAsync($"{link.Path}/content");
        Assert.Equal("aaaa", await whole.Content.ReadAsStringAsync());
        Assert.Equal("attachment", whole.Content.Headers.ContentDisposition!.DispositionType);
        using var range = new HttpRequestMessage(HttpMethod.Get, $"{link.Path}/content") { Headers = { Range = new(1, 2) } };
        using var part = await _links.Http.SendAsync(range);
        Assert.Equal((206, "aa"), ((int)part.StatusCode, await part.Content.ReadAsStringAsync()));
        using var page = await _links.Http.GetAsync(link.Path);
        Assert.StartsWith("text/html", page.Content.Headers.ContentType!.ToString(), StringComparison.Ordinal);
        Assert.Contains("default-src 'none'", page.Headers.GetValues("Content-Security-Policy").Single(), StringComparison.Ordinal);
        // A link follows its file, and is no upload link.
        using (var moved = await _service.Client.PatchAsJsonAsync("/api/tree/shared/a.txt", new { path = "moved.txt" }))
            Assert.Equal(200, (int)moved.StatusCode);
        Assert.Equal("aaaa", await _links.Http.GetStringAsync($"{link.Path}/content"));
        Assert.Equal(404, await StatusAsync(link, "/files/x", HttpMethod.Put));
        using (var removed = await _service.Client.DeleteAsync("/api/tree/moved.txt"))
            Assert.Equal(204, (int)removed.StatusCode);
        Assert.Equal(404, await StatusAsync(link, "/content"));
    }

    [Fact]
    public async Task A_shared_folder_is_listed_as_people_sort_names()
    {
        foreach (var name in (string[])["img 10.jpg", "B", "img 9.jpg"])
        {
            using var put = await _service.Client.PutAsync($"/api/tree/sorted/{name}?parents=true", new StringContent(name));
            Assert.Equal(201, (int)put.StatusCode);
        }

        var link = await _links.MakeAsync(new { kind = "download", path = "sorted" });
        var listing = await _links.Http.GetFromJsonAsync<JsonElement>($"{link.Path}/tree/");
        Assert.Equal(
            ["B", "img 9.jpg", "img 10.jpg"],
            listing.GetProperty("items").EnumerateArray().Select(item => item.GetProperty("name").GetString()));
    }

    [Fact]
    public async Task A_link_to_a_folder_reaches_what_is_below_it_and_nothing_else()
    {
        var link = await _links.MakeAsync(new { kind = "download", path = "shared" });
        var listing = await _links.Http.GetStringAsync($"{link.Path}/tree/");
        Assert.Contains("\"a.txt\"", listing, StringComparison.Ordinal);
        Assert.DoesNotContain("fileId", listing, StringComparison.Ordinal);
        Assert.Equal("bbbb", await _links.Http.GetStringAsync($"{link.Path}/tree/deep/b.txt"));
        foreach (var path in new[] { "/tree/secret.txt", "/tree/..%2Fsecret.txt", "/tree/%2e%2e/secret.txt", "/tree/deep/%00", "/content" })
            Assert.True(await StatusAsync(link, path) is 400 or 404 or 409, path);
        using var archive = new ZipArchive(await _links.Http.GetStreamAsync($"{link.Path}/archive.zip"), ZipArchiveMode.Read);
        Assert.Equal(["a.txt", "deep/", "deep/b.txt"], archive.Entries.Select(entry => entry.FullName).Order(StringComparer.Ordinal));
    }

    [Fact]
    public async Task An_address_below_a_link_is_decoded_once()
    {
        var link = await _links.MakeAsync(new { kind = "download", path = "shared" });
        foreach (var name in new[] { "%00", "%2e%2e%2fsecret.txt", "%25", "%" })
        {
            using (var put = await _service.Client.PutAsync($"/api/tree/shared/{Uri.EscapeDataString(name)}", new StringContent(name)))
                Assert.Equal(201, (int)put.StatusCode);
            Assert.Equal(name, await _links.Http.GetStringAsync($"{link.Path}/tree/{Uri.EscapeDataString(name)}"));
        }

        foreach (var path in new[] { "/tree/%2501", "/tree/%252e%252e/secret.txt", "/%2574ree/a.txt", "/%256c/about", "/%252500" })
            Assert.Equal(404, await StatusAsync(link, path));
    }

    [Fact]
    public async Task Downloads_are_counted_once_for_a_client_and_hour()
    {
        var link = await _links.MakeAsync(new { kind = "download", path = "shared", maxDownloads = 1 });
        for (var i = 0; i < 3; i++)
            Assert.Equal("aaaa", await _links.Http.GetStringAsync($"{link.Path}/tree/a.txt"));
        Assert.Equal(410, await StatusAsync(link, "/tree/deep/b.txt"));
        Assert.Equal(200, await StatusAsync(link, "/tree/deep/b.txt", HttpMethod.Head));
        Assert.Equal(1, (await _links.ViewAsync(link)).GetProperty("downloads").GetInt64());
        using (var changed = await _service.Client.PatchAsJsonAsync($"/api/links/{link.Id}", new { maxDownloads = 2 }))
            Assert.Equal(200, (int)changed.StatusCode);
        Assert.Equal(200, await StatusAsync(link, "/tree/deep/b.txt"));
    }

    [Fact]
    public async Task Another_client_is_counted_by_itself()
    {
        var link = await _links.MakeAsync(new { kind = "download", path = "shared", maxDownloads = 1 });
        await using var ledger = new NpgsqlConnection(_service.ConnectionString);
        var entry = Guid.NewGuid();
        Assert.True(await CountAsync("one client"));
        Assert.True(await CountAsync("one client"));
        Assert.False(await CountAsync("another client"));
        entry = Guid.NewGuid();
        Assert.False(await CountAsync("one client"));

        Task<bool> CountAsync(string client) => ledger.ExecuteScalarAsync<bool>(
            "select chunkupload_functions.count_download(@link, @entry, @client)",
            new { link = Guid.ParseExact(link.Id, "N"), entry, client });
    }

    [Fact]
    public async Task Wrong_passwords_of_a_link_are_slowed_down()
    {
        var link = await _links.MakeAsync(new { kind = "download", path = "shared/a.txt", password = "open sesame" });
        Assert.Equal(401, await StatusAsync(link, "/content"));
        var about = await _links.Http.GetStringAsync($"{link.Path}/about");
        Assert.Contains("\"needsPassword\":true", about, StringComparison.Ordinal);
        Assert.DoesNotContain("a.txt", about, StringComparison.Ordinal);
        // The wait doubles with each failure, so that a slow machine meets it a few attempts later.
        var statuses = new List<int>();
        while (statuses.Count < 10 && !statuses.Contains(429))
        {
            using var wrong = await EnterAsync(link, "guess " + statuses.Count.ToString(CultureInfo.InvariantCulture));
            statuses.Add((int)wrong.StatusCode);
        }

        Assert.Equal([401, 401, 401], statuses[..3]);
        Assert.Equal(429, statuses[^1]);
        await Eventually.HoldsAsync(async () =>
        {
            using var right = await EnterAsync(link, "open sesame");
            return (int)right.StatusCode == 204;
        });
        Assert.Equal("aaaa", await _links.Http.GetStringAsync($"{link.Path}/content"));
        // A new password ends the access that was opened with the old one.
        using (var changed = await _service.Client.PatchAsJsonAsync($"/api/links/{link.Id}", new { password = "another one" }))
            Assert.Equal(200, (int)changed.StatusCode);
        await Eventually.HoldsAsync(async () => await StatusAsync(link, "/content") == 401);
    }

    [Fact]
    public async Task Concurrent_guesses_are_limited_and_a_right_one_does_not_reset_the_address()
    {
        var link = await _links.MakeAsync(new { kind = "download", path = "shared/a.txt", password = "open sesame" });
        var open = await _links.MakeAsync(new { kind = "download", path = "shared/a.txt" });
        var attempts = _service.Services.GetRequiredService<SignInAttempts>();
        var address = SignInAttempts.KeyOf(IPAddress.Loopback);
        attempts.Failed(address);
        attempts.Failed(address);
        foreach (var (to, password) in new[] { (link, "open sesame"), (open, "anything") })
        {
            using var entered = await EnterAsync(to, password);
            Assert.Equal(204, (int)entered.StatusCode);
        }

        Assert.Null(attempts.Wait(address));
        attempts.Failed(address);
        Assert.NotNull(attempts.Wait(address));
        attempts.Succeeded(address);

        var codes = await Task.WhenAll(Enumerable.Range(0, 60).Select(async i =>
        {
            using var answer = await EnterAsync(link, $"guess {i}");
            return (int)answer.StatusCode;
        }));
        // Three at once, and one more after each wait, which doubles.
        Assert.InRange(codes.Count(code => code == 401), 3, 8);
    }

    [Fact]
    public async Task A_key_changes_no_link_that_permits_more_than_the_key()
    {
        var people = new TestPeople(_service);
        var ann = await people.UserAsync("ann", Role.Member);
        using var client = await people.ClientAsync(ann);
        var link = await _links.MakeAsync(new { kind = "download", path = "shared/a.txt", password = "open sesame" }, client);
        using var made = await client.PostAsJsonAsync("/api/keys", new { name = "camera", scopes = new[] { "upload" } });
        using var camera = _service.CreateClient(withKey: false);
        camera.DefaultRequestHeaders.Authorization = new(
            "Bearer", (await made.Content.ReadFromJsonAsync<JsonElement>()).GetProperty("secret").GetString());
        using (var refused = await camera.PatchAsJsonAsync($"/api/links/{link.Id}", new { password = "" }))
            Assert.Equal(403, (int)refused.StatusCode);
        using var changed = await client.PatchAsJsonAsync($"/api/links/{link.Id}", new { password = "" });
        Assert.Equal(200, (int)changed.StatusCode);
    }

    private Task<HttpResponseMessage> EnterAsync(LinkClient.Link link, string password) =>
        _links.Http.PostAsJsonAsync($"{link.Path}/password", new { password });

    private async Task<int> StatusAsync(LinkClient.Link link, string path, HttpMethod? method = null)
    {
        using var request = new HttpRequestMessage(method ?? HttpMethod.Get, link.Path + path);
        if (method == HttpMethod.Put)
            request.Content = new StringContent("x");
        using var answer = await _links.Http.SendAsync(request);
        return (int)answer.StatusCode;
    }
}
