using System.Net.Http.Json;
using System.Text.Json;
using ChunkUpload.Core.Access;
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
