using System.Net.Http.Json;
using System.Text.Json;
using ChunkUpload.Core.Access;
using ChunkUpload.Tests.Functional.Access;
using ChunkUpload.Tests.Support;

namespace ChunkUpload.Tests.Functional.Limits;

/// <summary>The limit of bytes a day over HTTP: 413 with the figures, for uploads and downloads, also after a restart.</summary>
public sealed class DailyBytesTests(PostgresFixture postgres) : IClassFixture<PostgresFixture>, IAsyncLifetime
{
    private TestService _service = null!;
    private User _user = null!;

    public async Task InitializeAsync()
    {
        _service = await TestService.StartAsync(postgres);
        _user = await new TestPeople(_service).UserAsync("rae", Role.Member);
    }

    public async Task DisposeAsync() => await _service.DisposeAsync();

    [Fact]
    public async Task A_day_has_so_many_bytes_and_a_restart_does_not_forget_them()
    {
        var member = await new TestPeople(_service).ClientAsync(_user);
        using (var set = await _service.Client.PutAsJsonAsync(
            $"/api/limits/user/{_user.Id:n}", new { receivedPerDay = 1000, sentPerDay = 900 }))
            Assert.Equal(200, (int)set.StatusCode);
        using var first = await member.PutAsync("/api/files/a.bin", new ByteArrayContent(new byte[600]));
        Assert.Equal(201, (int)first.StatusCode);
        var content = $"/api/files/{(await BodyAsync(first)).GetProperty("id").GetString()}/content";
        await AssertRefusedAsync(await member.PutAsync("/api/files/b.bin", new ByteArrayContent(new byte[401])), 1000, 600);
        var tus = new TusClient(member);
        var path = await tus.NewAsync(600);
        Assert.Equal(204, (await tus.PatchAsync(path, 0, new byte[300])).Status);
        Assert.Equal(413, (await tus.PatchAsync(path, 300, new byte[101])).Status);
        Assert.Equal(600, (await member.GetByteArrayAsync(content)).Length);
        await AssertRefusedAsync(await member.GetAsync(content), 900, 600);
        Assert.Equal([(900L, 100L), (600L, 300L)], await UsedAsync(member));
        member.Dispose();

        await using var again = await _service.RestartAsync();
        using var later = await new TestPeople(again).ClientAsync(_user);
        Assert.Equal([(900L, 100L), (600L, 300L)], await UsedAsync(later));
        Assert.Equal(204, (await new TusClient(later).PatchAsync(path, 300, new byte[100])).Status);
    }

    [Fact]
    public async Task A_body_of_unknown_length_ends_with_the_day_and_a_link_counts_for_its_maker()
    {
        using var member = await new TestPeople(_service).ClientAsync(_user);
        using (var set = await _service.Client.PutAsJsonAsync($"/api/limits/user/{_user.Id:n}", new { receivedPerDay = 100_000 }))
            Assert.Equal(200, (int)set.StatusCode);
        using var endless = new HttpRequestMessage(HttpMethod.Put, "/api/files/endless.bin");
        endless.Headers.TransferEncodingChunked = true;
        endless.Content = new StreamContent(new MemoryStream(new byte[64 << 20]));
        using (var ended = await SendAsync(member, endless))
            Assert.Equal("quota_exceeded", (await BodyAsync(ended)).GetProperty("code").GetString());

        using var made = await member.PostAsJsonAsync("/api/links", new { kind = "upload", title = "in" });
        using var anonymous = _service.CreateClient(withKey: false);
        using var sent = await anonymous.PutAsync(
            $"/l/{(await BodyAsync(made)).GetProperty("token").GetString()}/files/a.bin", new ByteArrayContent(new byte[10]));
        Assert.Equal("quota_exceeded", (await BodyAsync(sent)).GetProperty("code").GetString());
    }

    [Fact]
    public async Task Each_sign_in_has_limits_and_figures_of_its_own()
    {
        using (var set = await _service.Client.PutAsJsonAsync(
            "/api/limits/default/session", new { receivedPerDay = 1000, requestsPerMinute = 600 }))
            Assert.Equal(200, (int)set.StatusCode);
        foreach (var wrong in new object[] { new { storedBytes = 1 }, new { maxFileSize = 1 }, new { names = new[] { "*.txt" } } })
        {
            using var refused = await _service.Client.PutAsJsonAsync("/api/limits/default/session", wrong);
            Assert.Equal(400, (int)refused.StatusCode);
        }

        using var first = new BrowserClient(_service);
        using var second = new BrowserClient(_service);
        await first.SignInAsync();
        await second.SignInAsync();
        Assert.Equal(201, await PutAsync(first, "a.bin", 600));
        Assert.Equal(413, await PutAsync(first, "b.bin", 500));
        // Another browser of the same user has separate bytes.
        Assert.Equal(201, await PutAsync(second, "c.bin", 900));

        using var listening = new HttpRequestMessage(HttpMethod.Get, "/api/events");
        listening.Headers.Add("Cookie", first.CookieHeader);
        using var client = _service.CreateClient(withKey: false);
        using var events = await client.SendAsync(listening, HttpCompletionOption.ResponseHeadersRead);
        Assert.Equal(200, (int)events.StatusCode);
        using var answer = await second.SendAsync(HttpMethod.Get, "/api/sign-ins");
        var sessions = (await BodyAsync(answer)).GetProperty("items").EnumerateArray()
            .ToDictionary(one => one.GetProperty("current").GetBoolean());
        Assert.Equal((600, 900), (Today(false), Today(true)));
        Assert.Equal((1, 0), (sessions[false].GetProperty("running").GetInt32(), sessions[true].GetProperty("running").GetInt32()));

        using var own = await first.SendAsync(HttpMethod.Get, "/api/limits");
        var limit = (await BodyAsync(own)).GetProperty("items").EnumerateArray()
            .Single(one => one.GetProperty("scope").GetString() == "session" && one.GetProperty("name").GetString() == "receivedPerDay");
        Assert.Equal((1000, 600), (limit.GetProperty("limit").GetInt32(), limit.GetProperty("used").GetInt32()));

        long Today(bool current) => sessions[current].GetProperty("receivedToday").GetInt64();

        static async Task<int> PutAsync(BrowserClient browser, string name, int bytes)
        {
            using var put = await browser.SendAsync(HttpMethod.Put, $"/api/files/{name}", new ByteArrayContent(new byte[bytes]), request =>
            {
                request.Headers.Add("Sec-Fetch-Site", "same-origin");
                request.Headers.Add("X-CSRF-Token", browser.CsrfToken);
            });
            return (int)put.StatusCode;
        }
    }

    // The service answers before all of the body is sent.
    private static async Task<HttpResponseMessage> SendAsync(HttpClient client, HttpRequestMessage request) =>
        await client.SendAsync(request, HttpCompletionOption.ResponseHeadersRead);

    private static async Task AssertRefusedAsync(HttpResponseMessage answer, long limit, long used)
    {
        var body = await BodyAsync(answer);
        Assert.Equal(413, (int)answer.StatusCode);
        Assert.Equal("quota_exceeded", body.GetProperty("code").GetString());
        Assert.Equal((limit, used), (body.GetProperty("limit").GetInt64(), body.GetProperty("used").GetInt64()));
        answer.Dispose();
    }

    private static async Task<JsonElement> BodyAsync(HttpResponseMessage answer) => await answer.Content.ReadFromJsonAsync<JsonElement>();

    private static async Task<IEnumerable<(long Used, long Available)>> UsedAsync(HttpClient member) =>
        (await member.GetFromJsonAsync<JsonElement>("/api/limits")).GetProperty("items").EnumerateArray()
        .Where(item => item.GetProperty("name").GetString()!.EndsWith("PerDay", StringComparison.Ordinal)
            && item.GetProperty("limit").ValueKind != JsonValueKind.Null)
        .Select(item => (item.GetProperty("used").GetInt64(), item.GetProperty("available").GetInt64()));
}
