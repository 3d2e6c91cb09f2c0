using System.Net;
using System.Net.Http.Json;
using System.Text.Json;

namespace ChunkUpload.Tests.Functional.Api;

[Collection(ApiCollection.Name)]
public sealed class SessionTests(ApiFixture fixture)
{
    private readonly ApiClient _api = fixture.Api;

    [Fact]
    public async Task A_file_goes_through_in_chunks_in_any_order_and_comes_back_bit_for_bit()
    {
        var content = ApiClient.Bytes(10_000);
        using var created = await _api.Http.PostAsJsonAsync(
            ApiClient.At("/api/sessions"), new
            {
                fileName = "übung.bin",
                size = 10_000,
                contentType = "video/mp4",
                metadata =
                new { album = "Sömmer" },
                sha256 = ApiClient.Hex(content).ToUpperInvariant()
            });
        var session = await ApiClient.JsonAsync(created, HttpStatusCode.Created);
        var id = ApiClient.Id(session);
        Assert.Equal($"/api/sessions/{id}", created.Headers.Location!.OriginalString);
        Assert.Equal("open", session.GetProperty("state").GetString());
        Assert.Equal("Sömmer", session.GetProperty("metadata").GetProperty("album").GetString());
        Assert.Equal("[{\"offset\":0,\"length\":10000}]", session.GetProperty("missing").GetRawText());

        foreach (var (offset, length) in new[] { (7000, 3000), (0, 2000), (4000, 3000) })
        {
            var receipt = await _api.PutOkAsync(id, offset, content[offset..(offset + length)]);
            Assert.Equal(offset, receipt.GetProperty("offset").GetInt64());
            Assert.Equal(length, receipt.GetProperty("length").GetInt64());
            Assert.Equal(ApiClient.Hex(content.AsSpan(offset, length)), receipt.GetProperty("sha256").GetString());
            Assert.Equal(10_000, receipt.GetProperty("receivedBytes").GetInt64() + receipt.GetProperty("missingBytes").GetInt64());
            Assert.InRange(receipt.GetProperty("advice").GetProperty("chunkSize").GetInt64(), 64 << 10, 64 << 20);
        }

        using (var early = await _api.CompleteAsync(id))
        {
            var problem = await ApiClient.ProblemAsync(early, HttpStatusCode.Conflict, "missing_ranges");
            Assert.Equal("[{\"offset\":2000,\"length\":2000}]", problem.GetProperty("missing").GetRawText());
            Assert.Equal(
                "2000 of 10000 bytes are missing: bytes 2000-3999. Send them, then complete again.", problem.GetProperty("detail")
                    .GetString());
        }

        var status = await _api.GetAsync($"/api/sessions/{id}");
        Assert.Equal(80, status.GetProperty("percent").GetDouble());
        Assert.Equal(3, status.GetProperty("chunkCount").GetInt32());
        await _api.PutOkAsync(id, 2000, content[2000..4000]);

        using var completed = await _api.CompleteAsync(id);
        var done = await ApiClient.JsonAsync(completed, HttpStatusCode.OK);
        Assert.Equal("completed", done.GetProperty("state").GetString());
        Assert.Equal(ApiClient.Hex(content), done.GetProperty("sha256").GetString());
        var file = done.GetProperty("file");
        foreach (var same in new[] { "id", "name", "size", "sha256", "contentType", "contentUrl", "createdAt" })
            Assert.Equal(file.GetProperty(same).GetRawText(), done.GetProperty(same).GetRawText());
        Assert.Equal("übung.bin", file.GetProperty("name").GetString());
        Assert.Equal(content, await _api.Http.GetByteArrayAsync(ApiClient.At(file.GetProperty("contentUrl").GetString()!)));

        status = await _api.GetAsync($"/api/sessions/{id}");
        Assert.Equal(file.GetRawText(), status.GetProperty("file").GetRawText());
        Assert.Equal(100, status.GetProperty("percent").GetDouble());
    }

    [Fact]
    public async Task A_session_carries_every_name_of_the_contract()
    {
        var session = await _api.CreateAsync(5);
        string[] names =
        [
            "id", "state", "stateAt", "stateReason", "fileName", "contentType", "size", "sha256", "metadata", "receivedBytes",
                "missingBytes",
            "percent", "speed", "eta", "missing", "chunkCount", "attemptCount", "failures", "merge", "advice", "createdAt", "expiresAt",
        ];
        Assert.All(names, name => Assert.True(session.TryGetProperty(name, out _), name));
        Assert.Equal("application/octet-stream", session.GetProperty("contentType").GetString());
        Assert.EndsWith("Z", session.GetProperty("createdAt").GetString(), StringComparison.Ordinal);
        Assert.False(session.TryGetProperty("file", out _));
        Assert.Equal(0, session.GetProperty("failures").GetProperty("last").GetArrayLength());
    }

    [Fact]
    public async Task A_file_without_bytes_needs_no_chunk()
    {
        var id = await _api.CreateIdAsync(0);
        using var answer = await _api.CompleteAsync(id, new { sha256 = ApiClient.Hex([]) });
        var file = (await ApiClient.JsonAsync(answer, HttpStatusCode.OK)).GetProperty("file");
        Assert.Equal(0, file.GetProperty("size").GetInt64());
        Assert.Empty(await _api.Http.GetByteArrayAsync(ApiClient.At(file.GetProperty("contentUrl").GetString()!)));
    }

    [Fact]
    public async Task A_size_that_was_not_known_is_declared_at_the_end()
    {
        var content = ApiClient.Bytes(300);
        var session = await _api.CreateAsync(null);
        var id = ApiClient.Id(session);
        Assert.Equal(JsonValueKind.Null, session.GetProperty("missingBytes").ValueKind);
        await _api.PutOkAsync(id, 0, content[..100]);
        await _api.PutOkAsync(id, 200, content[200..]);
        var status = await _api.GetAsync($"/api/sessions/{id}");
        Assert.Equal("[{\"offset\":100,\"length\":100}]", status.GetProperty("missing").GetRawText());
        await _api.PutOkAsync(id, 100, content[100..200]);

        using (var unknown = await _api.CompleteAsync(id))
            await ApiClient.ProblemAsync(unknown, HttpStatusCode.Conflict, "size_unknown");
        using (var longer = await _api.CompleteAsync(id, new { size = 301 }))
            Assert.Equal(HttpStatusCode.Conflict, longer.StatusCode);
        using var answer = await _api.CompleteAsync(id, new { size = 300 });
        await ApiClient.JsonAsync(answer, HttpStatusCode.OK);
    }

    [Fact]
    public async Task A_chunk_may_be_the_last_byte_alone()
    {
        var id = await _api.CreateIdAsync(1 << 20);
        var receipt = await _api.PutOkAsync(id, (1 << 20) - 1, [7]);
        Assert.Equal(1, receipt.GetProperty("receivedBytes").GetInt64());
    }

    [Fact]
    public async Task The_same_chunk_again_is_a_success_that_changes_nothing()
    {
        var id = await _api.CreateIdAsync(2000);
        var content = ApiClient.Bytes(1000);
        await _api.PutOkAsync(id, 0, content);
        var again = await _api.PutOkAsync(id, 0, content, HttpStatusCode.OK);
        Assert.Equal(1000, again.GetProperty("receivedBytes").GetInt64());
        using var other = await _api.PutAsync(id, 0, ApiClient.Bytes(1000, seed: 2));
        await ApiClient.ProblemAsync(other, HttpStatusCode.Conflict, "overlap");
        using var inside = await _api.PutAsync(id, 500, ApiClient.Bytes(1000, seed: 3));
        await ApiClient.ProblemAsync(inside, HttpStatusCode.Conflict, "overlap");
    }

    [Fact]
    public async Task A_large_chunk_that_is_there_already_is_answered_without_losing_the_connection()
    {
        var content = ApiClient.Bytes(12 << 20);
        var id = await _api.CreateIdAsync(content.Length);
        await _api.PutOkAsync(id, 0, content);
        for (var i = 0; i < 3; i++)
            await _api.PutOkAsync(id, 0, content, HttpStatusCode.OK);
    }

    [Fact]
    public async Task The_same_key_and_body_give_the_same_session_and_another_body_is_refused()
    {
        var key = Guid.NewGuid().ToString();
        async Task<HttpResponseMessage> Create(object body)
        {
            using var request =
                new HttpRequestMessage(HttpMethod.Post, ApiClient.At("/api/sessions")) { Content = JsonContent.Create(body) };
            request.Headers.Add("Idempotency-Key", key);
            return await _api.Http.SendAsync(request);
        }

        using var first = await Create(new { fileName = "a", size = 5 });
        using var second = await Create(new { size = 5, fileName = "a", contentType = "application/octet-stream" });
        var one = await ApiClient.JsonAsync(first, HttpStatusCode.Created);
        var two = await ApiClient.JsonAsync(second, HttpStatusCode.Created);
        Assert.Equal(ApiClient.Id(one), ApiClient.Id(two));
        Assert.Equal(first.Headers.Location, second.Headers.Location);
        Assert.Equal("true", second.Headers.GetValues("Idempotency-Replayed").Single());
        using var third = await Create(new { fileName = "a", size = 6 });
        await ApiClient.ProblemAsync(third, HttpStatusCode.UnprocessableEntity, "idempotency_mismatch");
    }

    [Fact]
    public async Task A_paused_session_takes_no_chunk_until_it_is_resumed()
    {
        var id = await _api.CreateIdAsync(1000);
        using (var paused = await _api.Http.PostAsync(ApiClient.At($"/api/sessions/{id}/pause"), null))
            Assert.Equal("paused", (await ApiClient.JsonAsync(paused, HttpStatusCode.OK)).GetProperty("state").GetString());
        using (var refused = await _api.PutAsync(id, 0, ApiClient.Bytes(1000)))
            await ApiClient.ProblemAsync(refused, HttpStatusCode.Conflict, "paused");
        for (var i = 0; i < 2; i++)
        {
            using var resumed = await _api.Http.PostAsync(ApiClient.At($"/api/sessions/{id}/resume"), null);
            Assert.Equal("open", (await ApiClient.JsonAsync(resumed, HttpStatusCode.OK)).GetProperty("state").GetString());
        }

        await _api.PutOkAsync(id, 0, ApiClient.Bytes(1000));
    }

    [Fact]
    public async Task A_cancelled_session_is_gone_for_chunks_and_stays_known()
    {
        var id = await _api.CreateIdAsync(1000);
        await _api.PutOkAsync(id, 0, ApiClient.Bytes(500));
        for (var i = 0; i < 2; i++)
        {
            using var cancelled = await _api.Http.DeleteAsync(ApiClient.At($"/api/sessions/{id}"));
            Assert.Equal("cancelled", (await ApiClient.JsonAsync(cancelled, HttpStatusCode.OK)).GetProperty("state").GetString());
        }

        using (var chunk = await _api.PutAsync(id, 500, ApiClient.Bytes(500)))
            await ApiClient.ProblemAsync(chunk, HttpStatusCode.Gone, "cancelled");
        using (var complete = await _api.CompleteAsync(id))
            await ApiClient.ProblemAsync(complete, HttpStatusCode.Gone, "cancelled");
        using (var head = await _api.HeadAsync(id, 700))
            Assert.Equal(HttpStatusCode.Gone, head.StatusCode);
        Assert.Equal("cancelled", (await _api.GetAsync($"/api/sessions/{id}")).GetProperty("state").GetString());
    }

    [Fact]
    public async Task A_completed_session_takes_nothing_more()
    {
        var content = ApiClient.Bytes(100);
        var id = await _api.CreateIdAsync(100);
        await _api.PutOkAsync(id, 0, content);
        using (var completed = await _api.CompleteAsync(id))
            await ApiClient.JsonAsync(completed, HttpStatusCode.OK);
        using (var again = await _api.CompleteAsync(id))
            await ApiClient.JsonAsync(again, HttpStatusCode.OK);
        using (var other = await _api.PutAsync(id, 0, ApiClient.Bytes(100, seed: 9)))
            await ApiClient.ProblemAsync(other, HttpStatusCode.Gone, "already_completed");
        await _api.PutOkAsync(id, 0, content, HttpStatusCode.OK);
        using (var cancel = await _api.Http.DeleteAsync(ApiClient.At($"/api/sessions/{id}")))
            await ApiClient.ProblemAsync(cancel, HttpStatusCode.Gone, "already_completed");
        using (var pause = await _api.Http.PostAsync(ApiClient.At($"/api/sessions/{id}/pause"), null))
            await ApiClient.ProblemAsync(pause, HttpStatusCode.Gone, "already_completed");
    }

    [Fact]
    public async Task A_wrong_file_is_not_published_and_can_be_corrected()
    {
        var right = ApiClient.Bytes(300);
        var wrong = ApiClient.Bytes(100, seed: 5);
        var id = await _api.CreateIdAsync(300);
        await _api.PutOkAsync(id, 0, right[..100]);
        await _api.PutOkAsync(id, 100, wrong);
        await _api.PutOkAsync(id, 200, right[200..]);
        using (var refused = await _api.CompleteAsync(id, new { sha256 = ApiClient.Hex(right) }))
            await ApiClient.ProblemAsync(refused, HttpStatusCode.UnprocessableEntity, "file_digest_mismatch");
        Assert.Equal("open", (await _api.GetAsync($"/api/sessions/{id}")).GetProperty("state").GetString());
        using (var none = await _api.Http.GetAsync(ApiClient.At($"/api/files/{id}/content")))
            await ApiClient.ProblemAsync(none, HttpStatusCode.Conflict, "not_completed");

        using (var taken = await _api.Http.DeleteAsync(ApiClient.At($"/api/sessions/{id}/chunks/100")))
            Assert.Equal("[{\"offset\":100,\"length\":100}]", (await ApiClient.JsonAsync(taken, HttpStatusCode.OK)).GetProperty("missing")
                .GetRawText());
        using (var nothing = await _api.Http.DeleteAsync(ApiClient.At($"/api/sessions/{id}/chunks/100")))
            await ApiClient.ProblemAsync(nothing, HttpStatusCode.NotFound, "no_such_chunk");
        await _api.PutOkAsync(id, 100, right[100..200]);
        using var completed = await _api.CompleteAsync(id, new { sha256 = ApiClient.Hex(right) });
        await ApiClient.JsonAsync(completed, HttpStatusCode.OK);
        Assert.Equal(right, await _api.Http.GetByteArrayAsync(ApiClient.At($"/api/files/{id}/content")));
    }

    [Fact]
    public async Task A_range_of_chunks_is_taken_back_at_once()
    {
        var id = await _api.CreateIdAsync(400);
        for (var offset = 0; offset < 400; offset += 100)
            await _api.PutOkAsync(id, offset, ApiClient.Bytes(100, seed: offset));
        using (var taken = await _api.Http.DeleteAsync(ApiClient.At($"/api/sessions/{id}/chunks/100?length=200")))
            Assert.Equal("[{\"offset\":100,\"length\":200}]", (await ApiClient.JsonAsync(taken, HttpStatusCode.OK)).GetProperty("missing")
                .GetRawText());
        using (var part = await _api.Http.DeleteAsync(ApiClient.At($"/api/sessions/{id}/chunks/0?length=50")))
            Assert.True(part.StatusCode is HttpStatusCode.Conflict or HttpStatusCode.NotFound, part.StatusCode.ToString());
        foreach (var length in new[] { "0", "-1", "x", "9223372036854775807", "" })
        {
            using var bad = await _api.Http.DeleteAsync(ApiClient.At($"/api/sessions/{id}/chunks/100?length={length}"));
            await ApiClient.ProblemAsync(bad, HttpStatusCode.BadRequest, "invalid_parameter");
        }
    }

    [Fact]
    public async Task Failed_attempts_are_listed_with_their_reason_and_slow_the_client_down()
    {
        var id = await _api.CreateIdAsync(1000);
        for (var i = 0; i < 3; i++)
        {
            using var wrong = await _api.PutAsync(id, 0, ApiClient.Bytes(1000), request =>
            {
                request.Headers.Remove("X-Chunk-SHA256");
                request.Headers.Add("X-Chunk-SHA256", ApiClient.Hex([1]));
            });
            var problem = await ApiClient.ProblemAsync(wrong, HttpStatusCode.UnprocessableEntity, "digest_mismatch");
            Assert.InRange(problem.GetProperty("retryAfterMs").GetInt64(), 1, 8000);
        }

        var failures = (await _api.GetAsync($"/api/sessions/{id}")).GetProperty("failures");
        Assert.Equal(3, failures.GetProperty("count").GetInt64());
        Assert.Equal(3, failures.GetProperty("consecutive").GetInt32());
        var last = failures.GetProperty("last")[0];
        Assert.Equal("digest", last.GetProperty("kind").GetString());
        Assert.Equal(1000, last.GetProperty("bytes").GetInt64());
    }
}
