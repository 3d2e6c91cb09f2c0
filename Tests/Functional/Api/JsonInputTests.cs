using System.Net;
using System.Net.Http.Headers;
using System.Text;

namespace ChunkUpload.Tests.Functional.Api;

/// <summary>The bodies of JSON requests.</summary>
[Collection(ApiCollection.Name)]
public sealed class JsonInputTests(ApiFixture fixture)
{
    private readonly ApiClient _api = fixture.Api;

    [Theory]
    [InlineData("", "malformed_json")]
    [InlineData("null", "malformed_json")]
    [InlineData("[]", "malformed_json")]
    [InlineData("{", "malformed_json")]
    [InlineData("{}", "invalid_field")]
    [InlineData("""{"fileName":"a"}{"fileName":"b"}""", "malformed_json")]
    [InlineData("""{"fileName":"a","fileName":"b"}""", "malformed_json")]
    [InlineData("""{"fileName":"a","unknown":1}""", "malformed_json")]
    [InlineData("""{"filename":"a"}""", "malformed_json")]
    [InlineData("""{"fileName":{"a":1}}""", "malformed_json")]
    [InlineData("""{"fileName":"\ud800"}""", "malformed_json")]
    [InlineData("""{"fileName":"a","size":"5"}""", "malformed_json")]
    [InlineData("""{"fileName":"a","size":5.5}""", "malformed_json")]
    [InlineData("""{"fileName":"a","size":1e30}""", "malformed_json")]
    [InlineData("""{"fileName":"a","size":9223372036854775808}""", "malformed_json")]
    [InlineData("""{"fileName":"a","size":-1}""", "invalid_field")]
    [InlineData("""{"fileName":"a","expiresInSeconds":0}""", "invalid_field")]
    [InlineData("""{"fileName":"a","expiresInSeconds":99999999999}""", "invalid_field")]
    [InlineData("""{"fileName":"a","sha256":"xyz"}""", "invalid_field")]
    [InlineData("""{"fileName":"a","contentType":"text/html\r\nX: y"}""", "invalid_field")]
    [InlineData("""{"fileName":"a","metadata":{"a b":"c"}}""", "invalid_field")]
    [InlineData("""{"fileName":"a","metadata":{"a":"\u0000"}}""", "invalid_field")]
    [InlineData("""{"fileName":"a","metadata":{"a":null}}""", "invalid_field")]
    [InlineData("""{"fileName":"a","metadata":{"a":{"b":1}}}""", "malformed_json")]
    public async Task An_invalid_body_is_refused(string json, string code)
    {
        using var answer = await PostAsync("/api/sessions", json);
        await ApiClient.ProblemAsync(answer, HttpStatusCode.BadRequest, code);
    }

    [Fact]
    public async Task The_field_that_is_wrong_is_named()
    {
        using var unknown = await PostAsync("/api/sessions", """{"fileName":"a","colour":"red"}""");
        Assert.StartsWith("There is no field colour; the fields are fileName, ",
            (await ApiClient.ProblemAsync(unknown, HttpStatusCode.BadRequest, "malformed_json")).GetProperty("detail").GetString(),
                StringComparison.Ordinal);
        using var several = await PostAsync("/api/sessions", """{"fileName":"a/b","size":-1}""");
        var errors = (await ApiClient.ProblemAsync(several, HttpStatusCode.BadRequest, "invalid_field")).GetProperty("errors");
        Assert.Equal(["fileName", "size"], errors.EnumerateObject().Select(error => error.Name).Order());
    }

    [Fact]
    public async Task Faults_of_a_body_are_reported_all_at_once()
    {
        using var answer = await PostAsync("/api/sessions", """{"filename":"a","size":-1,"sha256":1,"contentType":"nonsense"}""");
        var problem = await ApiClient.ProblemAsync(answer, HttpStatusCode.BadRequest, "malformed_json");
        var errors = problem.GetProperty("errors").EnumerateObject()
            .ToDictionary(error => error.Name, error => error.Value[0].GetString()!);
        Assert.Equal(["contentType", "filename", "sha256", "size"], errors.Keys.Order());
        Assert.Equal("There is no field filename; did you mean fileName?", errors["filename"]);
        Assert.All(errors.Values, fault => Assert.Contains(fault, problem.GetProperty("detail").GetString(), StringComparison.Ordinal));
    }

    [Theory]
    [InlineData("/api/links", """{"kind":"upload","title":"a\u0000b"}""", "title")]
    [InlineData("/api/links", """{"kind":"upload","names":["\u0000"]}""", "names")]
    [InlineData("/api/users", """{"name":"nul","role":"member","displayName":"\u0000"}""", "displayName")]
    [InlineData("/api/sessions", """{"fileName":"a","metadata":{"a\u0000":"b"}}""", "metadata")]
    [InlineData("/signin", """{"name":"a\u0000b","password":"x"}""", "name")]
    [InlineData("/signin", """{"name":"a","password":"\u0000"}""", "password")]
    public async Task A_text_with_a_nul_is_refused_with_its_field(string path, string json, string field)
    {
        using var client = fixture.Service.CreateClient(withKey: path != "/signin");
        client.DefaultRequestHeaders.Add("Origin", fixture.Service.Address.GetLeftPart(UriPartial.Authority));
        using var content = new StringContent(json, Encoding.UTF8, "application/json");
        using var answer = await client.PostAsync(ApiClient.At(path), content);
        var errors = (await ApiClient.ProblemAsync(answer, HttpStatusCode.BadRequest, "invalid_field")).GetProperty("errors");
        Assert.Contains(field, errors.EnumerateObject().Select(error => error.Name));
    }

    [Fact]
    public async Task Json_that_is_too_deep_is_refused()
    {
        using var answer = await PostAsync(
            "/api/sessions", $$"""{"fileName":"a","metadata":{{string.Concat(Enumerable.Repeat("[", 5000))}}""");
        await ApiClient.ProblemAsync(answer, HttpStatusCode.BadRequest, "malformed_json");
    }

    [Fact]
    public async Task A_size_beyond_the_limit_is_refused()
    {
        using var answer = await PostAsync("/api/sessions", """{"fileName":"a","size":9223372036854775807}""");
        await ApiClient.ProblemAsync(answer, HttpStatusCode.RequestEntityTooLarge, "too_large");
    }

    [Fact]
    public async Task Metadata_beyond_its_limits_is_refused()
    {
        async Task Refused(string metadata)
        {
            using var answer = await PostAsync("/api/sessions", $$"""{"fileName":"a","metadata":{{metadata}}}""");
            await ApiClient.ProblemAsync(answer, HttpStatusCode.BadRequest, "invalid_field");
        }

        await Refused($$"""{"a":"{{new string('x', 5000)}}"}""");
        await Refused($$"""{"{{new string('k', 65)}}":"x"}""");
        await Refused("{" + string.Join(',', Enumerable.Range(0, 65).Select(i => $"\"k{i}\":\"v\"")) + "}");
        await Refused("{" + string.Join(',', Enumerable.Range(0, 10).Select(i => $"\"k{i}\":\"{new string('v', 4000)}\"")) + "}");
    }

    [Theory]
    [InlineData(true)]
    [InlineData(false)]
    public async Task A_body_that_is_too_large_is_refused(bool announced)
    {
        using var request = new HttpRequestMessage(HttpMethod.Post, ApiClient.At("/api/sessions"));
        request.Content = new StringContent(
            "{\"fileName\":\"a\",\"metadata\":{\"a\":\"" + new string('x', 200_000) + "\"}}", Encoding.UTF8, "application/json");
        request.Headers.TransferEncodingChunked = !announced;
        using var answer = await _api.Http.SendAsync(request);
        await ApiClient.ProblemAsync(answer, HttpStatusCode.RequestEntityTooLarge, "body_too_large");
    }

    [Theory]
    [InlineData(null)]
    [InlineData("text/plain")]
    [InlineData("application/x-www-form-urlencoded")]
    [InlineData("application/jsonp")]
    [InlineData("application/json; charset=utf-16")]
    [InlineData("nonsense")]
    public async Task Another_content_type_is_refused(string? contentType)
    {
        using var content = new ByteArrayContent("""{"fileName":"a"}"""u8.ToArray());
        if (contentType is not null)
            content.Headers.TryAddWithoutValidation("Content-Type", contentType);
        using var answer = await _api.Http.PostAsync(ApiClient.At("/api/sessions"), content);
        await ApiClient.ProblemAsync(answer, HttpStatusCode.UnsupportedMediaType, "unsupported_media_type");
    }

    [Theory]
    [InlineData("application/json")]
    [InlineData("Application/JSON;charset=\"UTF-8\"")]
    public async Task Json_in_utf_8_is_taken(string contentType)
    {
        using var content = new ByteArrayContent("""{"fileName":"ü","size":0}"""u8.ToArray());
        content.Headers.ContentType = MediaTypeHeaderValue.Parse(contentType);
        using var answer = await _api.Http.PostAsync(ApiClient.At("/api/sessions"), content);
        await ApiClient.JsonAsync(answer, HttpStatusCode.Created);
    }

    [Theory]
    [InlineData("""{"size":-1}""", "invalid_field")]
    [InlineData("""{"sha256":"00"}""", "invalid_field")]
    [InlineData("""{"fileName":"a"}""", "malformed_json")]
    [InlineData("[1]", "malformed_json")]
    public async Task An_invalid_completion_is_refused(string json, string code)
    {
        var id = await _api.CreateIdAsync(5);
        using var answer = await PostAsync($"/api/sessions/{id}/complete", json);
        await ApiClient.ProblemAsync(answer, HttpStatusCode.BadRequest, code);
    }

    [Theory]
    [InlineData("a b")]
    [InlineData("\u00e4")]
    public async Task An_invalid_idempotency_key_is_refused(string key)
    {
        var answer = await _api.RawAsync(
            $"POST /api/sessions HTTP/1.1\r\nContent-Type: application/json\r\nContent-Length: 16\r\nIdempotency-Key: {key}",
            """{"fileName":"a"}""");
        Assert.StartsWith("HTTP/1.1 400 ", answer, StringComparison.Ordinal);
    }

    [Fact]
    public async Task Two_idempotency_keys_are_refused()
    {
        var answer = await _api.RawAsync(
            "POST /api/sessions HTTP/1.1\r\nContent-Type: application/json\r\nContent-Length: 16\r\n"
                + "Idempotency-Key: a\r\nIdempotency-Key: b",
            """{"fileName":"a"}""");
        Raw.Problem(answer, 400, "invalid_header");
    }

    private Task<HttpResponseMessage> PostAsync(string path, string json) =>
        _api.Http.PostAsync(ApiClient.At(path), new StringContent(json, Encoding.UTF8, "application/json"));
}
