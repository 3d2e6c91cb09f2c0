using System.Net.Http.Json;
using System.Text.Json;
using ChunkUpload.Api.Limits;
using ChunkUpload.Core.Access;
using ChunkUpload.Core.Limits;
using ChunkUpload.Core.Uploads;
using ChunkUpload.Tests.Functional.Access;
using ChunkUpload.Tests.Support;
using Dapper;
using Microsoft.Extensions.DependencyInjection;
using Npgsql;

namespace ChunkUpload.Tests.Functional.Limits;

/// <summary>
/// Uploads through a link count towards the limits of the link's maker: a link is no way around a limit of a user or a key.
/// </summary>
public sealed class LinkMakerTests(PostgresFixture postgres) : IClassFixture<PostgresFixture>, IAsyncLifetime
{
    private const int Size = 1000;

    private readonly FakeLoad _load = new();
    private TestService _service = null!;
    private HttpClient _member = null!;
    private User _user = null!;
    private LinkClient _links = null!;
    private LinkClient.Link _link = null!;

    public async Task InitializeAsync()
    {
        _service = await TestService.StartAsync(
            postgres,
            new Dictionary<string, string>
            {
                ["Tus:Extensions"] = "creation,creation-defer-length,concatenation,concatenation-unfinished,termination,expiration",
            },
            replace: services => services.AddSingleton<ILedgerLoad>(_load));
        var people = new TestPeople(_service);
        _user = await people.UserAsync("lin", Role.Member);
        _member = await people.ClientAsync(_user);
        _links = new LinkClient(_service);
        _link = await _links.MakeAsync(new { kind = "upload" }, _member);
    }

    public async Task DisposeAsync()
    {
        Assert.Empty(await FaultsAsync());
        _links.Close();
        _member.Dispose();
        await _service.DisposeAsync();
    }

    [Fact]
    public async Task Bytes_files_and_open_uploads_through_a_link_take_up_of_its_makers_limits()
    {
        await SetAsync(new { storedBytes = (10 * Size) + 7 });
        var statuses = await Task.WhenAll(Enumerable.Range(0, 60).Select(async number =>
        {
            using var answer = number % 3 == 0
                ? await _member.PutAsync($"/api/files/{number}.bin", new ByteArrayContent(new byte[Size]))
                : number % 3 == 1
                    ? await _links.PutAsync(_link, $"{number}.bin", new string('x', Size))
                    : await _links.CreateAsync(_link, Size, $"{number}.bin");
            return (int)answer.StatusCode;
        }));
        Assert.Equal(10, statuses.Count(status => status == 201));
        Assert.Equal(10 * Size, (await UsageAsync(_user.Subject)).StoredBytes);
        Assert.Equal(10 * Size, (await UsageAsync("")).StoredBytes);
        await SetAsync(new { files = 11 });
        Assert.Equal(201, await PutAsync());
        Assert.Equal(413, await PutAsync());
        await SetAsync(new { openUploads = (await UsageAsync(_user.Subject)).OpenUploads });
        using var open = await _links.CreateAsync(_link, 1);
        Assert.Equal("quota_exceeded", await LinkClient.CodeAsync(open));
    }

    [Fact]
    public async Task A_key_of_a_tenant_is_the_maker_of_its_links()
    {
        var (key, subject) = await KeyAsync();
        using (key)
        {
            _link = await _links.MakeAsync(new { kind = "upload" }, key);
            Assert.Equal(201, await PutAsync());
            Assert.Equal(1, (await UsageAsync(subject)).Files);
            await SetAsync(new { files = 1 }, $"key/{subject[4..]}");
            Assert.Equal(413, await PutAsync());
        }
    }

    [Fact]
    public async Task Unknown_lengths_are_counted_as_they_come_and_given_back()
    {
        await SetAsync(new { storedBytes = Size });
        using var made = await _links.CreateAsync(_link, null);
        var location = made.Headers.Location!.AbsolutePath;
        using (var sent = await _links.PatchAsync(location, 0, new ByteArrayContent(new byte[Size])))
            Assert.Equal(204, (int)sent.StatusCode);
        using (var over = await _links.PatchAsync(location, Size, new ByteArrayContent(new byte[1])))
            Assert.Equal(413, (int)over.StatusCode);
        Assert.Equal(new LimitUsage(Size, 1, 1), await UsageAsync(_user.Subject));
        (await _links.TusAsync(HttpMethod.Delete, location)).Dispose();
        Assert.Equal(new LimitUsage(0, 0, 0), await UsageAsync(_user.Subject));
    }

    [Fact]
    public async Task Fsck_finds_what_is_counted_wrong_for_a_maker_and_mends_it()
    {
        Assert.Equal(201, await PutAsync());
        await using var connection = await ConnectAsync();
        await connection.ExecuteAsync(
            "select fold_usage(); update usage set files = 0 where subject = @subject", new { subject = _user.Subject });
        Assert.Single(await FaultsAsync());
        await connection.ExecuteAsync("select recount_usage()");
        Assert.Equal(1, (await UsageAsync(_user.Subject)).Files);
    }

    [Fact]
    public async Task Rates_of_the_maker_hold_for_requests_creations_and_uploads_through_a_link()
    {
        await SetAsync(new { creationsPerMinute = 2 });
        foreach (var status in new[] { 201, 201, 429 })
            Assert.Equal(status, await PutAsync());
        using (var tus = await _links.CreateAsync(_link, 1))
            Assert.Equal(429, (int)tus.StatusCode);
        await SetAsync(new { requestsPerMinute = 1 });
        foreach (var status in new[] { 201, 429 })
            Assert.Equal(status, await PutAsync());
    }

    [Fact]
    public async Task Uploads_through_links_are_among_those_that_their_maker_may_have_at_a_time()
    {
        using (var made = await _member.PutAsync("/api/tree/shown/a?parents=true", new ByteArrayContent([1])))
            Assert.Equal(201, (int)made.StatusCode);
        var folder = await _links.MakeAsync(new { kind = "download", path = "shown" }, _member);
        var file = await _links.MakeAsync(new { kind = "download", path = "shown/a" }, _member);
        await SetAsync(new { requestsAtOnce = 1 });
        var (started, end) = (new TaskCompletionSource(), new TaskCompletionSource());
        using var slow = new HeldContent(started, end.Task);
        var running = _links.Http.PutAsync($"{_link.Path}/files/slow.bin", slow);
        await started.Task;
        await Eventually.HoldsAsync(async () => (await UsageAsync(_user.Subject)).OpenUploads == 1);
        Assert.Equal(429, await PutAsync());
        foreach (var path in new[] { $"{file.Path}/content", $"{folder.Path}/tree/a", $"{folder.Path}/archive.zip" })
        {
            using var refused = await _links.Http.GetAsync(path);
            Assert.Equal((path, 429), (path, (int)refused.StatusCode));
        }

        end.SetResult();
        Assert.Equal(201, (int)(await running).StatusCode);
        using var answer = await _links.Http.GetAsync($"{folder.Path}/archive.zip");
        Assert.Equal(200, (int)answer.StatusCode);
    }

    [Fact]
    public async Task An_overload_refuses_new_files_through_a_link()
    {
        _load.Waiting = RateGate.Overload;
        Assert.Equal(503, await PutAsync());
    }

    [Fact]
    public async Task The_largest_file_of_a_maker_holds_for_a_length_that_is_not_known()
    {
        await SetAsync(new { maxFileSize = Size });
        using var made = await _links.CreateAsync(_link, null);
        using var over = await _links.PatchAsync(made.Headers.Location!.AbsolutePath, 0, new ByteArrayContent(new byte[Size + 1]));
        Assert.Equal(413, (int)over.StatusCode);
    }

    [Fact]
    public async Task The_largest_file_of_a_users_own_key_holds_for_a_length_that_is_not_known()
    {
        var id = _member.DefaultRequestHeaders.GetValues(TestPeople.KeyHeader).Single();
        await SetAsync(new { maxFileSize = Size }, $"key/{id}");
        var tus = new TusClient(_member);
        var made = await tus.CreateAsync(("Upload-Defer-Length", "1"));
        Assert.Equal(413, (await tus.PatchAsync(made.Path, 0, TusClient.Bytes(Size + 1))).Status);
        Assert.Equal(204, (await tus.PatchAsync(made.Path, 0, TusClient.Bytes(Size))).Status);

        using var session = await _member.PostAsJsonAsync("/api/sessions", new { fileName = "s.bin" });
        var address = session.Headers.Location!.OriginalString;
        var bytes = TusClient.Bytes(Size + 1);
        using var chunk = new HttpRequestMessage(HttpMethod.Put, $"{address}/chunks/0") { Content = new ByteArrayContent(bytes) };
        chunk.Headers.Add("X-Chunk-SHA256", TusClient.Sha256(bytes));
        using var answer = await _member.SendAsync(chunk);
        Assert.Equal(413, (int)answer.StatusCode);
        // When the last part arrives, the key is not known, so nothing waits for parts.
        var part = await tus.CreateAsync(("Upload-Defer-Length", "1"), ("Upload-Concat", "partial"));
        Assert.Equal(201, part.Status);
        Assert.NotEqual(201, (await tus.CreateAsync(("Upload-Concat", $"final;{part.Path}"))).Status);
    }

    [Fact]
    public async Task A_pending_concatenation_is_not_joined_beyond_the_users_largest_file()
    {
        await SetAsync(new { maxFileSize = Size });
        var tus = new TusClient(_member);
        var parts = new[]
        {
            (await tus.CreateAsync(("Upload-Defer-Length", "1"), ("Upload-Concat", "partial"))).Path,
            (await tus.CreateAsync(("Upload-Defer-Length", "1"), ("Upload-Concat", "partial"))).Path,
        };
        var whole = await tus.CreateAsync(("Upload-Concat", $"final;{parts[0]} {parts[1]}"));
        Assert.Equal(201, whole.Status);
        foreach (var part in parts)
            Assert.Equal(204, (await tus.PatchAsync(part, 0, TusClient.Bytes(Size), ("Upload-Length", $"{Size}"))).Status);
        Assert.Equal(410, (await tus.TusAsync(HttpMethod.Head, whole.Path, null)).Status);
    }

    private async Task<int> PutAsync()
    {
        using var answer = await _links.PutAsync(_link, "f.bin", new string('x', 10));
        return (int)answer.StatusCode;
    }

    private async Task<(HttpClient Client, string Subject)> KeyAsync()
    {
        using var answer = await _service.Client.PostAsJsonAsync("/api/keys", new { name = "app", scopes = new[] { "upload", "read" } });
        var made = await answer.Content.ReadFromJsonAsync<JsonElement>();
        var client = _service.CreateClient(withKey: false);
        client.DefaultRequestHeaders.Authorization = new("Bearer", made.GetProperty("secret").GetString());
        return (client, $"key:{Guid.Parse(made.GetProperty("key").GetProperty("id").GetString()!):n}");
    }

    private async Task SetAsync(object limits, string? path = null)
    {
        using var answer = await _service.Client.PutAsJsonAsync($"/api/limits/{path ?? $"user/{_user.Id:n}"}", limits);
        Assert.True(answer.IsSuccessStatusCode, await answer.Content.ReadAsStringAsync());
    }

    private Task<LimitUsage> UsageAsync(string subject) =>
        _service.Services.GetRequiredService<ILimitLedger>().UsageAsync(Caller.DefaultTenant, subject, default);

    private async Task<List<dynamic>> FaultsAsync()
    {
        await using var connection = await ConnectAsync();
        return (await connection.QueryAsync("select * from usage_faults()")).AsList();
    }

    private async Task<NpgsqlConnection> ConnectAsync()
    {
        var connection = new NpgsqlConnection(_service.ConnectionString);
        await connection.OpenAsync();
        await connection.ExecuteAsync("set search_path to chunkupload, chunkupload_functions");
        return connection;
    }

    private sealed class FakeLoad : ILedgerLoad
    {
        public int Waiting { get; set; }
    }
}
