using System.Net;
using System.Text;
using ChunkUpload.Tests.Functional.Api;

namespace ChunkUpload.Tests.Functional.Advisor;

/// <summary>Valid and invalid queries for advice, in a service without uploads.</summary>
public sealed class AdviceInputTests(ApiFixture fixture) : IClassFixture<ApiFixture>
{
    private readonly ApiClient _api = fixture.Api;

    [Fact]
    public async Task Advice_before_the_first_byte_has_first_figures()
    {
        using var answer = await _api.Http.PostAsync(ApiClient.At("/api/advice"), null);
        var advice = await ApiClient.JsonAsync(answer, HttpStatusCode.OK);

        Assert.Equal(512 << 10, advice.GetProperty("chunkSize").GetInt64());
        Assert.Equal(4, advice.GetProperty("concurrency").GetInt32());
        Assert.Equal("cold-start", advice.GetProperty("why").GetProperty("limitedBy").GetString());
        Assert.Equal(
            ["chunkSize", "range", "concurrency", "retryDelayMs", "stallTimeoutMs", "probeAfterMs", "confidence", "validForMs", "silentMs",
                "why"],
            advice.EnumerateObject().Select(property => property.Name));
        Assert.Equal(
            ["throughputBps", "deadTimeMs", "mtbfSeconds", "mtbf90", "targetSeconds", "limitedBy", "expectedOverheadPct", "text"],
            advice.GetProperty("why").EnumerateObject().Select(property => property.Name));
    }

    [Theory]
    [InlineData("""{"effectiveType":"2g"}""", 128, 4)]
    [InlineData("""{"downlinkMbps":1e300}""", 2048, 4)]
    [InlineData("""{"metered":true}""", 512, 3)]
    [InlineData("""{"battery":true,"size":1000000}""", 320, 3)]
    [InlineData("""{"protocol":"tus"}""", 512, 1)]
    [InlineData("""{"size":0}""", 512, 1)]
    [InlineData("""{"size":1}""", 64, 1)]
    [InlineData("""{"size":100000}""", 64, 2)]
    [InlineData("""{"size":9223372036854775807,"roundTripMs":1e308}""", 512, 4)]
    public async Task Hints_of_a_client_move_the_first_advice_within_bounds(string body, long kib, int concurrency)
    {
        using var answer = await PostAsync(body);
        var advice = await ApiClient.JsonAsync(answer, HttpStatusCode.OK);
        Assert.Equal((kib << 10, concurrency), (advice.GetProperty("chunkSize").GetInt64(), advice.GetProperty("concurrency").GetInt32()));
    }

    [Theory]
    [InlineData("""{"size":-1}""", "invalid_field")]
    [InlineData("""{"roundTripMs":-0.1}""", "invalid_field")]
    [InlineData("""{"downlinkMbps":-1}""", "invalid_field")]
    [InlineData("""{"effectiveType":"5g"}""", "invalid_field")]
    [InlineData("""{"protocol":"ftp"}""", "invalid_field")]
    [InlineData("""{"size":1.5}""", "malformed_json")]
    [InlineData("""{"size":"1"}""", "malformed_json")]
    [InlineData("""{"metered":1}""", "malformed_json")]
    [InlineData("""{"speed":1}""", "malformed_json")]
    [InlineData("""{"roundTripMs":NaN}""", "malformed_json")]
    [InlineData("[]", "malformed_json")]
    [InlineData("null", "malformed_json")]
    public async Task Invalid_hints_are_refused(string body, string code)
    {
        using var answer = await PostAsync(body);
        await ApiClient.ProblemAsync(answer, HttpStatusCode.BadRequest, code);
    }

    [Theory]
    [InlineData("/api/sessions/nothing/advice", HttpStatusCode.NotFound, "not_found")]
    [InlineData("/api/sessions/8f14e45fceea167a5a36dedd4bea2543/advice", HttpStatusCode.NotFound, "not_found")]
    [InlineData("/api/sessions/8f14e45fceea167a5a36dedd4bea2543/advice/history", HttpStatusCode.NotFound, "not_found")]
    [InlineData("/api/networks?limit=0", HttpStatusCode.BadRequest, "invalid_parameter")]
    [InlineData("/api/networks?limit=201", HttpStatusCode.BadRequest, "invalid_parameter")]
    [InlineData("/api/networks?cursor=x", HttpStatusCode.BadRequest, "invalid_cursor")]
    [InlineData("/api/networks?order=asc", HttpStatusCode.BadRequest, "invalid_parameter")]
    public async Task Unknown_upload_is_answered_as_everywhere(string path, HttpStatusCode status, string code)
    {
        using var answer = await _api.Http.GetAsync(ApiClient.At(path));
        await ApiClient.ProblemAsync(answer, status, code);
    }

    private Task<HttpResponseMessage> PostAsync(string body) =>
        _api.Http.PostAsync(ApiClient.At("/api/advice"), new StringContent(body, Encoding.UTF8, "application/json"));
}
