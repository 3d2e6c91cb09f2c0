using System.Net;
using System.Text.Json;
using ChunkUpload.Core.Storage;
using ChunkUpload.Tests.Support;
using Microsoft.AspNetCore.Http;

namespace ChunkUpload.Tests.Functional.Api;

/// <summary>Every error answer has one shape, whichever layer found the fault.</summary>
[Collection(ApiCollection.Name)]
public sealed class ErrorAnswerTests(ApiFixture fixture)
{
    private readonly ApiClient _api = fixture.Api;

    [Theory]
    [InlineData("GET", "/api/nothing", 404, "no_such_route", null)]
    [InlineData("GET", "/", 200, null, null)]
    [InlineData("POST", "/", 404, "no_such_route", null)]
    [InlineData("PATCH", "/api/sessions", 405, "method_not_allowed", "GET, HEAD, POST")]
    [InlineData("PUT", "/api/sessions/8f14e45fceea167a5a36dedd4bea2543", 405, "method_not_allowed", "DELETE, GET, HEAD, PATCH")]
    [InlineData("POST", "/api/files/x", 405, "method_not_allowed", "DELETE, GET, HEAD, PUT")]
    [InlineData("DELETE", "/metrics", 405, "method_not_allowed", "GET, HEAD")]
    [InlineData("MADEUP", "/api/files", 405, "method_not_allowed", "GET, HEAD, PUT")]
    public async Task A_route_or_method_that_is_not_there_is_a_problem(string method, string path, int status, string? code, string? allow)
    {
        using var answer = await _api.Http.SendAsync(new HttpRequestMessage(new HttpMethod(method), ApiClient.At(path)));
        if (code is null)
            Assert.Equal(status, (int)answer.StatusCode);
        else
            await ApiClient.ProblemAsync(answer, (HttpStatusCode)status, code);
        Assert.Equal(allow, answer.Content.Headers.Allow.Count == 0 ? null : string.Join(", ", answer.Content.Headers.Allow.Order()));
    }

    [Fact]
    public async Task A_refused_method_is_answered_with_the_allowed_ones()
    {
        using var answer = await _api.Http.DeleteAsync(ApiClient.At("/api/sessions"));
        var problem = await ApiClient.ProblemAsync(answer, HttpStatusCode.MethodNotAllowed, "method_not_allowed");
        Assert.Matches("^This address takes only [A-Z]+, [A-Z]+ and [A-Z]+\\.$", problem.GetProperty("detail").GetString());
        Assert.All(["GET", "HEAD", "POST"], method =>
            Assert.Contains(method, problem.GetProperty("detail").GetString(), StringComparison.Ordinal));
    }

    [Theory]
    [InlineData("POST", "/api/files", 405, "method_not_allowed")]
    [InlineData("PUT", "/api/files/form.bin", 415, "unsupported_media_type")]
    [InlineData("POST", "/api/sessions", 415, "unsupported_media_type")]
    [InlineData("POST", "/uploads", 415, "unsupported_media_type")]
    [InlineData("PUT", "/uploads/form.bin", 415, "unsupported_media_type")]
    [InlineData("POST", "/files", 415, "unsupported_media_type")]
    [InlineData("POST", "/upload", 404, "no_such_route")]
    [InlineData("POST", "/api/tree/form.bin", 415, "unsupported_media_type")]
    [InlineData("POST", "/api/tree/", 415, "unsupported_media_type")]
    public async Task A_file_inside_a_form_is_refused_with_the_call_that_works(string method, string path, int status, string code)
    {
        using var request = new HttpRequestMessage(new HttpMethod(method), ApiClient.At(path));
        request.Content = new MultipartFormDataContent { { new ByteArrayContent([1, 2, 3]), "file", "holiday.mp4" } };
        using var answer = await _api.Http.SendAsync(request);
        var problem = await ApiClient.ProblemAsync(answer, (HttpStatusCode)status, code);
        Assert.Contains(
            $"curl -T FILE {fixture.Service.Address}api/files/", problem.GetProperty("detail").GetString(), StringComparison.Ordinal);
    }

    [Fact]
    public async Task Advice_comes_only_with_answers_about_uploads_that_continue()
    {
        var id = await _api.CreateIdAsync(10);
        using (var early = await _api.CompleteAsync(id))
            Assert.True((await ApiClient.ProblemAsync(early, HttpStatusCode.Conflict, "missing_ranges")).TryGetProperty("advice", out _));
        Assert.Equal(JsonValueKind.Object, (await _api.GetAsync($"/api/sessions/{id}")).GetProperty("advice").ValueKind);
        using (var download = await _api.Http.GetAsync(ApiClient.At($"/api/files/{id}/content")))
            Assert.False(
                (await ApiClient.ProblemAsync(download, HttpStatusCode.Conflict, "not_completed")).TryGetProperty("advice", out _));

        using (var cancelled = await _api.Http.DeleteAsync(ApiClient.At($"/api/sessions/{id}")))
            Assert.Equal(JsonValueKind.Null, (await ApiClient.JsonAsync(cancelled, HttpStatusCode.OK)).GetProperty("advice").ValueKind);
        using (var late = await _api.CompleteAsync(id))
            Assert.False((await ApiClient.ProblemAsync(late, HttpStatusCode.Gone, "cancelled")).TryGetProperty("advice", out _));
        using (var nothing = await _api.Http.GetAsync(ApiClient.At("/api/nothing")))
            Assert.False((await ApiClient.ProblemAsync(nothing, HttpStatusCode.NotFound, "no_such_route")).TryGetProperty("advice", out _));
    }

    [Fact]
    public async Task The_request_id_of_the_body_is_the_one_of_the_header()
    {
        using var request = new HttpRequestMessage(HttpMethod.Get, ApiClient.At("/api/nothing"));
        request.Headers.Add("X-Request-ID", "mine-1");
        using var answer = await _api.Http.SendAsync(request);
        Assert.Equal("mine-1", (await ApiClient.ProblemAsync(answer, HttpStatusCode.NotFound, "no_such_route")).GetProperty("requestId")
            .GetString());
        Assert.Equal("mine-1", answer.Headers.GetValues("X-Request-ID").Single());
    }

    [Theory]
    [InlineData("ledger", 503, "ledger_unavailable")]
    [InlineData("fenced", 503, "stopping")]
    [InlineData("full", 507, "no_space")]
    [InlineData("degraded", 503, "storage_degraded")]
    [InlineData("io", 503, "storage_failed")]
    [InlineData("bug", 500, "internal_error")]
    [InlineData("bad", 400, "bad_request")]
    public async Task Unhandled_exception_is_reported_without_details(string kind, int status, string code)
    {
        var postgres = new PostgresFixture();
        await postgres.InitializeAsync();
        await using var service = await TestService.StartAsync(postgres, replace: TestEndpoint.With(_ => throw Failure(kind)));
        using var answer = await service.Client.GetAsync(ApiClient.At("/anything"));
        var problem = await ApiClient.ProblemAsync(answer, (HttpStatusCode)status, code);
        Assert.DoesNotContain("the secret detail", problem.GetRawText(), StringComparison.Ordinal);
        Assert.Equal(status >= 500, answer.Headers.RetryAfter is not null);
        Assert.True(answer.Headers.Contains("X-Request-ID"));
        Assert.Equal("nosniff", answer.Headers.GetValues("X-Content-Type-Options").Single());
    }

    [Fact]
    public async Task Every_401_has_the_same_sentence()
    {
        var postgres = new PostgresFixture();
        await postgres.InitializeAsync();
        await using var service = await TestService.StartAsync(
            postgres, replace: TestEndpoint.With(context =>
            {
                context.Response.StatusCode = StatusCodes.Status401Unauthorized;
                return Task.CompletedTask;
            }));
        using var anonymous = service.CreateClient(withKey: false);
        var details = new List<string?>();
        // The endpoint of the test answers 401 by itself, to a caller with a key.
        foreach (var (client, path) in new[] { (service.Client, "/anything"), (anonymous, "/api/uploads") })
        {
            using var answer = await client.GetAsync(ApiClient.At(path));
            var problem = await ApiClient.ProblemAsync(answer, HttpStatusCode.Unauthorized, "unauthorized");
            details.Add(problem.GetProperty("detail").GetString());
        }

        Assert.Single(details.Distinct());
    }

    [Fact]
    public async Task A_wait_grows_with_the_failures_in_a_row_and_has_a_cap()
    {
        var postgres = new PostgresFixture();
        await postgres.InitializeAsync();
        await using var service = await TestService.StartAsync(postgres, new Dictionary<string, string>
        {
            ["Uploads:RetryBase"] = "1s",
            ["Uploads:RetryCap"] = "4s",
            ["Uploads:BodyIdleTimeout"] = "100ms",
        });
        var api = new ApiClient(service);
        var id = await api.CreateIdAsync(1000);
        var content = ApiClient.Bytes(1000);
        (long Least, long Most)[] expected = [(500, 1000), (500, 2000), (1000, 4000), (2000, 4000), (2000, 4000)];
        foreach (var (least, most) in expected)
        {
            using var connection = await RawConnection.OpenAsync(service.Address);
            await connection.SendAsync($"PUT /api/sessions/{id}/chunks/0 HTTP/1.1\r\nHost: a\r\nAuthorization: Bearer "
                + $"{service.Key}\r\nContent-Length: 1000\r\nX-Chunk-SHA256: {ApiClient.Hex(content)}\r\n\r\n");
            var answer = await connection.ReadAnswerAsync();
            Raw.Problem(answer, 408, "idle_timeout");
            var problem = System.Text.Json.JsonDocument.Parse(Raw.Body(answer)).RootElement;
            Assert.True(problem.GetProperty("retryable").GetBoolean());
            Assert.InRange(problem.GetProperty("retryAfterMs").GetInt64(), least, most);
            Assert.Contains("Retry-After: ", Raw.Head(answer), StringComparison.Ordinal);
        }
    }

    [Fact]
    public async Task Random_requests_never_cause_a_server_error()
    {
        var random = new Random(20260115);
        string[] methods = ["GET", "HEAD", "PUT", "POST", "DELETE", "PATCH", "OPTIONS"];
        var id = await _api.CreateIdAsync(1000);
        string[] paths =
        [
            "/", "/api/sessions", $"/api/sessions/{id}", $"/api/sessions/{id}/chunks/0", $"/api/sessions/{id}/chunks",
                $"/api/sessions/{id}/missing",
            $"/api/sessions/{id}/complete", "/api/files", "/api/files/x", $"/api/files/{id}/content", "/metrics", "/swagger/index.html",
                "/api/jobs",
        ];
        string[] names = ["Content-Digest", "Repr-Digest", "X-Chunk-SHA256", "Content-Range", "Range", "If-Range", "If-None-Match",
            "If-Match", "If-Modified-Since", "Content-Type", "Idempotency-Key", "Trailer", "Expect", "Content-Encoding", "Origin",
                "Accept"];
        string[] extents = ["sha-256=:", "47DEQpj8HBSa+/TImW+5JCeuQeRkm5NMpJWZG3hSuFU=", ":", "bytes ", "bytes=", "0", "-", "/*",
            "9223372036854775807", ",", ";", "\"", "W/", "*", "application/json", "100-continue", "gzip", " ", "%", "a", "(", "?1", "@5"];
        string[] bodies = ["", "{}", "null", "{\"size\":1}", "{\"fileName\":\"f\"}", "hello", "[[[[", "\u00ff\u00fe"];
        for (var i = 0; i < 1500; i++)
        {
            var body = bodies[random.Next(bodies.Length)];
            var request = $"{methods[random.Next(methods.Length)]} "
                + paths[random.Next(paths.Length)]
                + (random.Next(4) == 0 ? "?" + extents[random.Next(extents.Length)].Trim(' ', '"') : "")
                + " HTTP/1.1";
            for (var h = random.Next(4); h > 0; h--)
                request += $"\r\n{names[random.Next(names.Length)]}: "
                    + $"{string.Concat(Enumerable.Range(0, random.Next(5)).Select(_ => extents[random.Next(extents.Length)]))}";
            if (body.Length > 0)
                request += $"\r\nContent-Length: {body.Length}";
            var answer = await _api.RawAsync(request, body);
            Assert.Matches("^HTTP/1.1 [1234]", answer);
        }

        Assert.DoesNotContain(fixture.Service.Log.All, line => line.StartsWith("Error", StringComparison.Ordinal));
    }

    private static Exception Failure(string kind) => kind switch
    {
        "ledger" => new LedgerUnavailableException("the secret detail"),
        "fenced" => new ProcessReplacedException(),
        "full" => new StoreException(StoreError.NoSpace, "the secret detail"),
        "degraded" => new StoreException(StoreError.Degraded, "the secret detail"),
        "io" => new StoreException(StoreError.Io, "the secret detail"),
        "bad" => new BadHttpRequestException("the secret detail"),
        _ => new InvalidOperationException("the secret detail"),
    };
}
