using System.Net.Http.Json;
using System.Text.Json;
using ChunkUpload.Core.Access;
using ChunkUpload.Core.Limits;
using ChunkUpload.Tests.Support;
using Dapper;
using Microsoft.Extensions.DependencyInjection;
using Npgsql;

namespace ChunkUpload.Tests.Functional.Limits;

/// <summary>Quotas hold to the byte with any number of concurrent requests, and the counters equal the sums of the uploads.</summary>
public sealed class QuotaTests(PostgresFixture postgres) : IClassFixture<PostgresFixture>, IAsyncLifetime
{
    private const int Size = 1000;
    private TestService _service = null!;
    private TestPeople _people = null!;
    private HttpClient _client = null!;
    private User _user = null!;

    public Task InitializeAsync() => StartAsync([]);

    private async Task StartAsync(Dictionary<string, string> settings)
    {
        _service = await TestService.StartAsync(postgres, settings);
        _people = new TestPeople(_service);
        _user = await _people.UserAsync("quinn", Role.Member);
        _client = await _people.ClientAsync(_user);
    }

    public async Task DisposeAsync()
    {
        Assert.Empty(await FaultsAsync());
        _client.Dispose();
        await _service.DisposeAsync();
    }

    [Theory]
    [InlineData("tenant", "bytes", "tus")]
    [InlineData("tenant", "files", "session")]
    [InlineData("user", "bytes", "put")]
    [InlineData("user", "files", "tus")]
    [InlineData("user", "files", "put")]
    [InlineData("user", "open", "tus")]
    [InlineData("default", "bytes", "session")]
    public async Task Of_200_creations_at_once_as_many_succeed_as_fit(string scope, string what, string protocol)
    {
        await SetAsync(scope, what switch
        {
            "bytes" => new LimitValues { StoredBytes = (10 * Size) + 7 },
            "files" => new LimitValues { Files = 10 },
            _ => new LimitValues { OpenUploads = 10 },
        });
        var answers = await Task.WhenAll(Enumerable.Range(0, 200).Select(number => CreateAsync(protocol, Size, $"f{number}")));
        Assert.Equal(10, answers.Count(answer => answer.Status == 201));
        Assert.All(answers.Where(answer => answer.Status != 201), answer =>
        {
            Assert.Equal(413, answer.Status);
            Assert.Equal("quota_exceeded", answer.Problem.GetProperty("code").GetString());
            Assert.Equal(
                what == "bytes" ? (10 * Size) + 7 : 10, answer.Problem.GetProperty("limit").GetInt64());
            Assert.Equal(what == "bytes" ? 10 * Size : 10, answer.Problem.GetProperty("used").GetInt64());
            Assert.False(answer.Problem.GetProperty("retryable").GetBoolean());
        });
        Assert.Equal(new LimitUsage(10 * Size, 10, protocol == "put" ? 0 : 10), await UsageAsync());
    }

    [Fact]
    public async Task One_upload_without_room_does_not_keep_others_of_its_batch_out()
    {
        await SetAsync("user", new LimitValues { StoredBytes = 20_000 });
        var answers = await Task.WhenAll(Enumerable.Range(0, 60).Select(
            number => CreateAsync("put", number % 3 == 0 ? 100_000 : Size, $"f{number}")));
        Assert.Equal(20, answers.Count(answer => answer.Status == 201));
        Assert.Equal(20_000, (await UsageAsync()).StoredBytes);
    }

    [Fact]
    public async Task Usage_before_a_limit_counts_and_released_usage_is_free()
    {
        using var before = await _client.PutAsync("/api/files/before", new ByteArrayContent(new byte[15_000]));
        Assert.Equal(201, (int)before.StatusCode);
        await SetAsync("user", new LimitValues { StoredBytes = 20_000 });
        var (status, problem) = await CreateAsync("put", 5_001, "too-much");
        Assert.Equal((413, 15_000), (status, problem.GetProperty("used").GetInt64()));
        Assert.Equal(201, (await CreateAsync("put", 5_000, "fits")).Status);
        using (var gone = await _client.DeleteAsync(before.Headers.Location))
            Assert.Equal(204, (int)gone.StatusCode);
        Assert.Equal(201, (await CreateAsync("put", 15_000, "again")).Status);
    }

    [Fact]
    public async Task Uploads_of_unknown_length_reserve_what_they_record()
    {
        await SetAsync("user", new LimitValues { StoredBytes = 5 * Size });
        var tus = new TusClient(_client);
        var paths = new List<string>();
        for (var count = 0; count < 10; count++)
            paths.Add((await tus.CreateAsync(("Upload-Defer-Length", "1"))).Path);
        var sent = await Task.WhenAll(paths.Select(path => tus.PatchAsync(path, 0, TusClient.Bytes(Size))));
        Assert.Equal(5, sent.Count(answer => answer.Status == 204));
        Assert.Equal(5, sent.Count(answer => answer.Status == 413));
        Assert.Equal(5 * Size, (await UsageAsync()).StoredBytes);
        // A declared size reserves the rest, so it may be refused as well.
        var full = paths[Array.FindIndex(sent, answer => answer.Status == 204)];
        Assert.Equal(413, (await tus.PatchAsync(full, Size, [], ("Upload-Length", $"{Size + 1}"))).Status);
        Assert.Equal(204, (await tus.PatchAsync(full, Size, [], ("Upload-Length", $"{Size}"))).Status);
        // A chunked body has no length either.
        using (var chunked = await _client.PutAsync("/api/files/chunked.bin", new Chunked(TusClient.Bytes(Size))))
            Assert.Equal(413, (int)chunked.StatusCode);
        Assert.Equal(5 * Size, (await UsageAsync()).StoredBytes);
        // Cancelled uploads free their share.
        Assert.Equal(204, (await tus.TusAsync(HttpMethod.Delete, full, null)).Status);
        foreach (var path in paths.Where(path => path != full))
            Assert.Equal(204, (await tus.TusAsync(HttpMethod.Delete, path, null)).Status);
        using (var chunked = await _client.PutAsync("/api/files/chunked.bin", new Chunked(TusClient.Bytes(Size))))
            Assert.Equal(201, (int)chunked.StatusCode);
    }

    [Fact]
    public async Task Sessions_of_unknown_length_reserve_each_chunk_and_give_back_what_is_taken_back()
    {
        await SetAsync("user", new LimitValues { StoredBytes = 2 * Size });
        using var made = await _client.PostAsJsonAsync("/api/sessions", new { fileName = "s.bin" });
        var id = (await made.Content.ReadFromJsonAsync<JsonElement>()).GetProperty("id").GetString();
        Assert.Equal(201, await ChunkAsync(id, 0));
        Assert.Equal(201, await ChunkAsync(id, 5 * Size));
        Assert.Equal(413, await ChunkAsync(id, 2 * Size));
        Assert.Equal(2 * Size, (await UsageAsync()).StoredBytes);
        using (var gone = await _client.DeleteAsync($"/api/sessions/{id}/chunks/{5 * Size}"))
            Assert.True(gone.IsSuccessStatusCode);
        Assert.Equal(Size, (await UsageAsync()).StoredBytes);
        Assert.Equal(201, await ChunkAsync(id, Size));
    }

    [Fact]
    public async Task A_reservation_of_a_part_passes_to_the_upload_that_is_joined_from_it()
    {
        await SetAsync("user", new LimitValues { StoredBytes = 2 * Size });
        var tus = new TusClient(_client);
        var parts = new List<string>();
        for (var count = 0; count < 2; count++)
        {
            var part = await tus.NewAsync(Size, ("Upload-Concat", "partial"));
            Assert.Equal(204, (await tus.PatchAsync(part, 0, TusClient.Bytes(Size))).Status);
            parts.Add(part);
        }

        Assert.Equal(new LimitUsage(2 * Size, 0, 0), await UsageAsync());
        Assert.Equal(413, (await tus.CreateAsync(("Upload-Concat", $"final;{parts[0]} {parts[1]} {parts[0]}"))).Status);
        Assert.Equal(new LimitUsage(2 * Size, 0, 0), await UsageAsync());
        var whole = await tus.CreateAsync(("Upload-Concat", $"final;{parts[0]} {parts[1]}"));
        Assert.Equal(201, whole.Status);
        Assert.Equal(new LimitUsage(2 * Size, 1, 0), await UsageAsync());
        // Joined once more, the bytes count once more.
        Assert.Equal(413, (await tus.CreateAsync(("Upload-Concat", $"final;{parts[0]}"))).Status);
        Assert.Equal(204, (await tus.TusAsync(HttpMethod.Delete, parts[0], null)).Status);
        Assert.Equal(2 * Size, (await UsageAsync()).StoredBytes);
        Assert.Equal(204, (await tus.TusAsync(HttpMethod.Delete, whole.Path, null)).Status);
        Assert.Equal(new LimitUsage(Size, 0, 0), await UsageAsync());
        Assert.Equal(204, (await tus.TusAsync(HttpMethod.Delete, parts[1], null)).Status);
        Assert.Equal(new LimitUsage(0, 0, 0), await UsageAsync());
    }

    [Fact]
    public async Task Parts_joined_by_another_user_count_once()
    {
        await SetAsync("tenant", new LimitValues { StoredBytes = Size });
        var tus = new TusClient(_client);
        var part = await tus.NewAsync(Size, ("Upload-Concat", "partial"));
        Assert.Equal(204, (await tus.PatchAsync(part, 0, TusClient.Bytes(Size))).Status);
        var operators = new TusClient(_service.Client);
        Assert.Equal(413, (await operators.CreateAsync(("Upload-Concat", $"final;{part} {part}"))).Status);
        Assert.Equal(Size, (await UsageAsync()).StoredBytes);
        Assert.Equal(201, (await operators.CreateAsync(("Upload-Concat", $"final;{part}"))).Status);
        Assert.Equal(0, (await UsageAsync()).StoredBytes);
    }

    [Fact]
    public async Task An_upload_that_waits_for_its_parts_reserves_when_it_is_joined()
    {
        await DisposeAsync();
        await StartAsync(new() { ["Tus:Extensions"] = "creation,concatenation,concatenation-unfinished,termination" });
        var tus = new TusClient(_client);
        var part = await tus.NewAsync(Size, ("Upload-Concat", "partial"));
        var whole = await tus.CreateAsync(("Upload-Concat", $"final;{part} {part}"));
        Assert.Equal(201, whole.Status);
        Assert.Equal(new LimitUsage(Size, 1, 2), await UsageAsync());
        await SetAsync("user", new LimitValues { StoredBytes = Size });
        Assert.Equal(204, (await tus.PatchAsync(part, 0, TusClient.Bytes(Size))).Status);
        Assert.Equal(410, (await tus.TusAsync(HttpMethod.Head, whole.Path, null)).Status);
        Assert.Equal(new LimitUsage(Size, 0, 0), await UsageAsync());
    }

    [Fact]
    public async Task The_trash_counts_and_copies_do_not()
    {
        await SetAsync("tenant", new LimitValues { StoredBytes = 2 * Size });
        Assert.Equal(201, await PutTreeAsync("a.bin"));
        using (var copy = await _client.PostAsJsonAsync("/api/tree/copy", new { from = "a.bin", to = "copy.bin" }))
            Assert.True(copy.IsSuccessStatusCode, await copy.Content.ReadAsStringAsync());
        Assert.Equal(201, await PutTreeAsync("b.bin"));
        Assert.Equal(413, await PutTreeAsync("c.bin"));
        using (var gone = await _client.DeleteAsync("/api/tree/b.bin"))
            Assert.True(gone.IsSuccessStatusCode);
        Assert.Equal(413, await PutTreeAsync("c.bin"));
        using (var emptied = await _service.Client.DeleteAsync("/api/trash"))
            Assert.True(emptied.IsSuccessStatusCode, emptied.StatusCode.ToString());
        await Eventually.HoldsAsync(async () => await PutTreeAsync("c.bin") == 201);
    }

    [Fact]
    public async Task Lying_lengths_leave_nothing_counted()
    {
        await SetAsync("user", new LimitValues { StoredBytes = 2 * Size });
        foreach (var (announced, sent) in new[] { (Size, Size / 2), (Size / 2, Size) })
        {
            using var request = new HttpRequestMessage(HttpMethod.Put, "/uploads/lie.bin") { Content = new Chunked(TusClient.Bytes(sent)) };
            request.Headers.Add("Upload-Length", $"{announced}");
            using var answer = await _client.SendAsync(request);
            Assert.InRange((int)answer.StatusCode, 400, 499);
        }

        await Eventually.HoldsAsync(async () => await UsageAsync() == new LimitUsage(0, 0, 0));
    }

    [Fact]
    public async Task A_smaller_largest_size_holds_for_one_user_and_is_reported()
    {
        await SetAsync("user", new LimitValues { MaxFileSize = Size });
        await Eventually.HoldsAsync(async () => (await CreateAsync("put", Size + 1, "big")).Status == 413);
        var refused = await CreateAsync("put", Size + 1, "big");
        Assert.Equal("too_large", refused.Problem.GetProperty("code").GetString());
        Assert.Equal(413, (await CreateAsync("tus", Size + 1, "big")).Status);
        Assert.Equal(413, (await CreateAsync("session", Size + 1, "big")).Status);
        Assert.Equal(201, (await CreateAsync("tus", Size, "fits")).Status);
        using (var chunked = await _client.PutAsync("/api/files/chunked.bin", new Chunked(TusClient.Bytes(Size + 1))))
            Assert.Equal(413, (int)chunked.StatusCode);
        using (var options = await _client.SendAsync(new HttpRequestMessage(HttpMethod.Options, "/files")))
        {
            Assert.Equal($"{Size}", options.Headers.GetValues("Tus-Max-Size").Single());
            Assert.StartsWith($"max-size={Size},", options.Headers.GetValues("Upload-Limit").Single(), StringComparison.Ordinal);
        }

        using var other = await _service.Client.PutAsync("/api/files/big.bin", new ByteArrayContent(new byte[Size + 1]));
        Assert.Equal(201, (int)other.StatusCode);
    }

    [Fact]
    public async Task Fsck_finds_wrong_counters_and_mends_them()
    {
        Assert.Equal(201, (await CreateAsync("put", Size, "f")).Status);
        await using var connection = new NpgsqlConnection(_service.ConnectionString);
        await connection.ExecuteAsync(
            "set search_path to chunkupload, chunkupload_functions; select fold_usage(); update usage set files = files + 1");
        Assert.Equal(2, (await FaultsAsync()).Count);
        await connection.ExecuteAsync("set search_path to chunkupload, chunkupload_functions; select recount_usage()");
        Assert.Empty(await FaultsAsync());
    }

    private async Task SetAsync(string scope, LimitValues values) => await _service.Services.GetRequiredService<ILimitLedger>().SetAsync(
        scope switch
        {
            "tenant" => LimitTarget.OfTenant(Caller.DefaultTenant),
            "user" => LimitTarget.OfSubject(Caller.DefaultTenant, _user.Subject)!,
            _ => LimitTarget.DefaultOf(LimitScope.User),
        },
        values, default);

    private Task<LimitUsage> UsageAsync() =>
        _service.Services.GetRequiredService<ILimitLedger>().UsageAsync(Caller.DefaultTenant, _user.Subject, default);

    private async Task<List<dynamic>> FaultsAsync()
    {
        await using var connection = new NpgsqlConnection(_service.ConnectionString);
        return (await connection.QueryAsync(
            "set search_path to chunkupload, chunkupload_functions; select * from usage_faults()")).AsList();
    }

    private async Task<(int Status, JsonElement Problem)> CreateAsync(string protocol, long size, string name)
    {
        using var request = protocol switch
        {
            "tus" => new HttpRequestMessage(HttpMethod.Post, "/files"),
            "session" => new HttpRequestMessage(HttpMethod.Post, "/api/sessions")
            {
                Content = JsonContent.Create(new { fileName = name, size }),
            },
            _ => new HttpRequestMessage(HttpMethod.Put, $"/api/files/{name}") { Content = new ByteArrayContent(new byte[size]) },
        };
        if (protocol == "tus")
        {
            request.Headers.Add("Tus-Resumable", "1.0.0");
            request.Headers.Add("Upload-Length", $"{size}");
        }

        using var answer = await _client.SendAsync(request);
        return ((int)answer.StatusCode, answer.IsSuccessStatusCode ? default : await answer.Content.ReadFromJsonAsync<JsonElement>());
    }

    private async Task<int> ChunkAsync(string? session, long offset)
    {
        var bytes = TusClient.Bytes(Size, (int)offset + 1);
        using var request = new HttpRequestMessage(HttpMethod.Put, $"/api/sessions/{session}/chunks/{offset}")
        {
            Content = new ByteArrayContent(bytes),
        };
        request.Headers.Add("X-Chunk-SHA256", TusClient.Sha256(bytes));
        using var answer = await _client.SendAsync(request);
        return (int)answer.StatusCode;
    }

    private async Task<int> PutTreeAsync(string path)
    {
        using var answer = await _client.PutAsync($"/api/tree/{path}", new ByteArrayContent(new byte[Size]));
        return (int)answer.StatusCode;
    }

    /// <summary>A body without a length.</summary>
    private sealed class Chunked(byte[] bytes) : HttpContent
    {
        protected override Task SerializeToStreamAsync(Stream stream, System.Net.TransportContext? context) =>
            stream.WriteAsync(bytes).AsTask();

        protected override bool TryComputeLength(out long length)
        {
            length = 0;
            return false;
        }
    }
}
