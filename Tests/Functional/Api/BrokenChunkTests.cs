using System.Globalization;
using System.Net;
using System.Net.Http.Headers;
using ChunkUpload.Tests.Support;

namespace ChunkUpload.Tests.Functional.Api;

/// <summary>A chunk that breaks off and is continued (E18–E21), by a client's calls.</summary>
[Collection(ApiCollection.Name)]
public sealed class BrokenChunkTests(ApiFixture fixture)
{
    private const int Length = 200_000;
    private readonly ApiClient _api = fixture.Api;

    [Theory]
    [InlineData("X-Chunk-SHA256")]
    [InlineData("Repr-Digest")]
    public async Task A_broken_chunk_is_continued_at_once_from_another_connection(string digestHeader)
    {
        var content = ApiClient.Bytes(Length);
        var id = await _api.CreateIdAsync(Length + 100);
        var kept = await BreakAsync(id, 100, content, 150_000);
        Assert.InRange(kept, 1, 150_000);

        using var answer = await GoOnAsync(id, 100, content, kept, digestHeader);
        var receipt = await ApiClient.JsonAsync(answer, HttpStatusCode.Created);
        Assert.Equal(100, receipt.GetProperty("offset").GetInt64());
        Assert.Equal(Length, receipt.GetProperty("length").GetInt64());
        Assert.Equal(ApiClient.Hex(content), receipt.GetProperty("sha256").GetString());
        using var head = await _api.HeadAsync(id, 100);
        Assert.Equal(HttpStatusCode.OK, head.StatusCode);
        Assert.Equal($"{Length}", head.Headers.GetValues("Upload-Offset").Single());
        Assert.Equal(ApiClient.Digest(content), head.Headers.GetValues("Repr-Digest").Single());
    }

    [Fact]
    public async Task The_digest_of_the_message_is_compared_beside_that_of_the_chunk()
    {
        var content = ApiClient.Bytes(Length);
        var id = await _api.CreateIdAsync(Length);
        var kept = await BreakAsync(id, 0, content, 100_000);
        using (var wrong = await GoOnAsync(id, 0, content, kept, "X-Chunk-SHA256", messageDigest: ApiClient.Digest([1])))
            await ApiClient.ProblemAsync(wrong, HttpStatusCode.UnprocessableEntity, "digest_mismatch");
        // The bytes kept before the wrong request are still kept.
        Assert.Equal(kept, await KeptAsync(id, 0));
        using var right = await GoOnAsync(id, 0, content, kept, "X-Chunk-SHA256", messageDigest: ApiClient.Digest(content.AsSpan(kept)));
        Assert.Equal(HttpStatusCode.Created, right.StatusCode);
    }

    [Fact]
    public async Task Continuing_at_another_offset_is_refused_with_the_right_one()
    {
        var content = ApiClient.Bytes(Length);
        var id = await _api.CreateIdAsync(Length);
        var kept = await BreakAsync(id, 0, content, 100_000);
        using var answer = await GoOnAsync(id, 0, content, kept - 1, "X-Chunk-SHA256");
        var problem = await ApiClient.ProblemAsync(answer, HttpStatusCode.Conflict, "prefix_conflict");
        Assert.Equal(kept, problem.GetProperty("offset").GetInt64());
        Assert.Equal($"{kept}", answer.Headers.GetValues("Upload-Offset").Single());
        Assert.Equal(0, problem.GetProperty("retryAfterMs").GetInt64());
    }

    [Fact]
    public async Task Continuing_without_the_digest_of_the_whole_chunk_is_refused()
    {
        var content = ApiClient.Bytes(Length);
        var id = await _api.CreateIdAsync(Length);
        var kept = await BreakAsync(id, 0, content, 100_000);
        using var answer = await GoOnAsync(id, 0, content, kept, "X-Other", messageDigest: ApiClient.Digest(content.AsSpan(kept)));
        await ApiClient.ProblemAsync(answer, HttpStatusCode.BadRequest, "digest_missing");
    }

    [Fact]
    public async Task A_broken_chunk_blocks_no_other_and_does_not_count()
    {
        var content = ApiClient.Bytes(Length);
        var id = await _api.CreateIdAsync(Length);
        await BreakAsync(id, 0, content, 100_000);
        Assert.Equal(0, (await _api.GetAsync($"/api/sessions/{id}")).GetProperty("receivedBytes").GetInt64());
        await _api.PutOkAsync(id, 0, ApiClient.Bytes(1000, seed: 8));
    }

    [Theory]
    [InlineData(true, 0)]
    [InlineData(false, 1)]
    public async Task A_request_that_ends_after_its_upload_was_paused_is_no_break(bool isPaused, int breaks)
    {
        var content = ApiClient.Bytes(Length);
        var id = await _api.CreateIdAsync(Length);
        using (var connection = await RawConnection.OpenAsync(fixture.Service.Address))
        {
            await connection.SendAsync(Head(fixture.Service, id, 0, content));
            await connection.SendAsync(content.AsMemory(0, 100_000));
            if (isPaused)
            {
                using var paused = await _api.Http.PostAsync(ApiClient.At($"/api/sessions/{id}/pause"), null);
                Assert.Equal(HttpStatusCode.OK, paused.StatusCode);
            }

            await WrittenAsync(fixture.Service, id, 0);
        }

        var failures = (await _api.GetAsync($"/api/sessions/{id}")).GetProperty("failures");
        Assert.Equal(breaks, failures.GetProperty("count").GetInt32());
    }

    [Fact]
    public async Task A_broken_chunk_is_continued_after_a_restart()
    {
        var postgres = new PostgresFixture();
        await postgres.InitializeAsync();
        var content = ApiClient.Bytes(Length);
        await using var before = await TestService.StartAsync(postgres);
        var id = await new ApiClient(before).CreateIdAsync(Length);
        var kept = await BreakAsync(before, id, 0, content, 150_000);
        await using var after = await before.RestartAsync();
        var api = new ApiClient(after);
        using (var head = await api.HeadAsync(id, 0))
            Assert.Equal($"{kept}", head.Headers.GetValues("Upload-Offset").Single());
        using var answer = await GoOnAsync(api, id, 0, content, kept, "X-Chunk-SHA256");
        Assert.Equal(HttpStatusCode.Created, answer.StatusCode);
        using var completed = await api.CompleteAsync(id, new { sha256 = ApiClient.Hex(content) });
        await ApiClient.JsonAsync(completed, HttpStatusCode.OK);
        Assert.Equal(content, await api.Http.GetByteArrayAsync(ApiClient.At($"/api/files/{id}/content")));
    }

    [Fact]
    public async Task A_client_that_falls_silent_is_told_so_and_the_received_bytes_are_kept()
    {
        var postgres = new PostgresFixture();
        await postgres.InitializeAsync();
        await using var service =
            await TestService.StartAsync(postgres, new Dictionary<string, string> { ["Uploads:BodyIdleTimeout"] = "200ms" });
        var api = new ApiClient(service);
        var content = ApiClient.Bytes(1000);
        var id = await api.CreateIdAsync(1000);
        using var connection = await RawConnection.OpenAsync(service.Address);
        await connection.SendAsync(Head(service, id, 0, content));
        await connection.SendAsync(content.AsMemory(0, 400));
        Raw.Problem(await connection.ReadAnswerAsync(), 408, "idle_timeout");
        using var head = await api.HeadAsync(id, 0);
        Assert.Equal("400", head.Headers.GetValues("Upload-Offset").Single());
    }

    private Task<int> BreakAsync(string id, long offset, byte[] content, int bytes) =>
        BreakAsync(fixture.Service, id, offset, content, bytes);

    /// <summary>Sends the beginning, breaks the connection, and asks how much was kept.</summary>
    private static async Task<int> BreakAsync(TestService service, string id, long offset, byte[] content, int bytes)
    {
        using (var connection = await RawConnection.OpenAsync(service.Address))
        {
            await connection.SendAsync(Head(service, id, offset, content));
            await connection.SendAsync(content.AsMemory(0, bytes));
            await WrittenAsync(service, id, offset);
        }

        return await KeptAsync(new ApiClient(service), id, offset);
    }

    // A HEAD makes the writer stop and keep its bytes. Before the writer has begun there is nothing to keep, so ask until there is.
    private static async Task WrittenAsync(TestService service, string id, long offset)
    {
        var api = new ApiClient(service);
        using var giveUp = new CancellationTokenSource(Eventually.Limit);
        while (true)
        {
            giveUp.Token.ThrowIfCancellationRequested();
            using var head = await api.HeadAsync(id, offset);
            if (head.StatusCode == HttpStatusCode.OK)
                return;
        }
    }

    private Task<int> KeptAsync(string id, long offset) => KeptAsync(_api, id, offset);

    private static async Task<int> KeptAsync(ApiClient api, string id, long offset)
    {
        using var head = await api.HeadAsync(id, offset);
        Assert.Equal(HttpStatusCode.OK, head.StatusCode);
        Assert.False(head.Headers.Contains("Repr-Digest"));
        return int.Parse(head.Headers.GetValues("Upload-Offset").Single(), CultureInfo.InvariantCulture);
    }

    private Task<HttpResponseMessage> GoOnAsync(
        string id, long offset, byte[] content, int kept, string digestHeader, string? messageDigest = null) =>
        GoOnAsync(_api, id, offset, content, kept, digestHeader, messageDigest);

    private static async Task<HttpResponseMessage> GoOnAsync(
        ApiClient api, string id, long offset, byte[] content, int kept, string digestHeader, string? messageDigest = null)
    {
        using var request = new HttpRequestMessage(HttpMethod.Put, ApiClient.At($"/api/sessions/{id}/chunks/{offset}"));
        request.Content = new ByteArrayContent(content[kept..]);
        request.Content.Headers.ContentRange = new ContentRangeHeaderValue(offset + kept, offset + content.Length - 1);
        request.Headers.TryAddWithoutValidation(
            digestHeader, digestHeader == "Repr-Digest" ? ApiClient.Digest(content) : ApiClient.Hex(content));
        if (messageDigest is not null)
            request.Headers.TryAddWithoutValidation("Content-Digest", messageDigest);
        return await api.Http.SendAsync(request);
    }

    private static string Head(TestService service, string id, long offset, byte[] content) =>
        $"PUT /api/sessions/{id}/chunks/{offset} HTTP/1.1\r\nHost: a\r\nAuthorization: Bearer {service.Key}\r\nContent-Length: "
            + $"{content.Length}\r\nX-Chunk-SHA256: {ApiClient.Hex(content)}\r\n\r\n";
}
