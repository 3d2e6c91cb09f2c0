using System.Text;
using System.Text.Json;
using ChunkUpload.Api;
using ChunkUpload.Api.Limits;
using ChunkUpload.Api.Requests;
using ChunkUpload.Api.Sessions;
using ChunkUpload.Wire;

namespace ChunkUpload.Tests.Unit.Api;

public sealed class BodyTests
{
    private static readonly NewSessionValidator Validator = new(new UploadOptions());

    [Theory]
    [InlineData(
        """{"fileName":"a","nosuch":1}""",
        "There is no field nosuch; the fields are fileName, path, space, modifiedAt, mode, conflict, revision, size, contentType, sha256, "
            + "metadata, priority, expiresInSeconds, transferId, claim.")]
    [InlineData("""{"filename":"a"}""", "There is no field filename; did you mean fileName?")]
    [InlineData("""{"content_type":"a"}""", "There is no field content_type; did you mean contentType?")]
    [InlineData("""{"expiresInSecond":1}""", "There is no field expiresInSecond; did you mean expiresInSeconds?")]
    [InlineData("""{"fileName":"a","fileName":"b"}""", "The field fileName comes twice.")]
    [InlineData("""{"fileName":1}""", "The field fileName has the wrong type or lies outside its range.")]
    [InlineData("""{"size":"1"}""", "The field size has the wrong type or lies outside its range.")]
    [InlineData("""{"size":1.5}""", "The field size has the wrong type or lies outside its range.")]
    [InlineData("""{"size":99999999999999999999}""", "The field size has the wrong type or lies outside its range.")]
    [InlineData("""{"metadata":{"a":1}}""", "The field metadata.a has the wrong type or lies outside its range.")]
    [InlineData("""{"metadata":{"a":"1","a":"2"}}""", "The field metadata.a comes twice.")]
    [InlineData("""{"metadata":[]}""", "The field metadata has the wrong type or lies outside its range.")]
    [InlineData("""{"fileName":"\ud800"}""", "The field fileName has the wrong type or lies outside its range.")]
    [InlineData("""{"\ud800":1}""", "The name of a field is not valid UTF-8 or UTF-16.")]
    [InlineData("""{"metadata":{"\ud800":"1"}}""", "The field metadata has the wrong type or lies outside its range.")]
    [InlineData(
        """{"sise":"1","metadata":[]}""",
        "There is no field sise; did you mean size? The field metadata has the wrong type or lies outside its range.")]
    [InlineData("[]", "The body must be a JSON object.")]
    [InlineData("1", "The body must be a JSON object.")]
    [InlineData("null", "The body is null; an object is expected.")]
    public void A_body_of_the_wrong_shape_is_told_by_field(string json, string expected) => Assert.Equal(expected, Fault(json));

    [Theory]
    [InlineData("")]
    [InlineData("{")]
    [InlineData("{\"fileName\":\"a\"")]
    [InlineData("{\"fileName\":\"a\"}}")]
    [InlineData("{\"fileName\":\"a\"}{\"fileName\":\"b\"}")]
    [InlineData("{'fileName':'a'}")]
    [InlineData("{\"fileName\":\"a\",}")]
    [InlineData("/* */{}")]
    [InlineData("{\"size\":NaN}")]
    public void Broken_syntax_is_told_with_its_position(string json) =>
        Assert.Matches("^The body is not valid JSON \\(line 1, byte [0-9]+\\)\\.$", Fault(json));

    [Fact]
    public void Json_that_is_too_deep_is_told_so()
    {
        var deep = $$"""{"metadata":{{string.Concat(Enumerable.Repeat("{\"a\":", 100))}}1{{new string('}', 100)}}}""";
        Assert.Equal("The JSON is nested too deeply.", Fault(deep));
        Assert.Equal("The JSON is nested too deeply.", Fault($$"""{"a":{{new string('[', 200)}}"""));
    }

    [Theory]
    [InlineData("""{"metadata":[{"key":"a"},{"kye":"b"}]}""", "There is no field metadata[1].kye; did you mean key?")]
    [InlineData(
        """{"metadata":[{"nosuch":1}]}""",
        "There is no field metadata[0].nosuch; the fields are key, required, pattern, maxLength.")]
    [InlineData("""{"metadata":[{"key":1}]}""", "The field metadata[0].key has the wrong type or lies outside its range.")]
    public void A_field_within_another_is_told_with_its_path(string json, string expected)
    {
        using var document = JsonDocument.Parse(json);
        var fields = JsonFields<LimitsBody>.Read(document.RootElement, ApiJson.In.LimitsBody);
        Assert.Equal(expected, Assert.Single(Assert.Single(fields.Faults).Value));
    }

    [Fact]
    public void The_faults_of_a_body_are_told_up_to_a_number()
    {
        var json = $"{{{string.Join(',', Enumerable.Range(0, 1000).Select(i => $"\"unknown{i}\":1"))}}}";
        Assert.Equal(20, Fields(json).Faults.Count);
    }

    [Theory]
    [InlineData("fileName", """{}""")]
    [InlineData("fileName", """{"fileName":"a/b"}""")]
    [InlineData("size", """{"fileName":"a","size":-1}""")]
    [InlineData("contentType", """{"fileName":"a","contentType":"nonsense"}""")]
    [InlineData("sha256", """{"fileName":"a","sha256":"abc"}""")]
    [InlineData("expiresInSeconds", """{"fileName":"a","expiresInSeconds":0}""")]
    [InlineData("expiresInSeconds", """{"fileName":"a","expiresInSeconds":9223372036854775807}""")]
    [InlineData("metadata", """{"fileName":"a","metadata":{"":"x"}}""")]
    [InlineData("metadata", """{"fileName":"a","metadata":{"a b":"x"}}""")]
    [InlineData("metadata", """{"fileName":"a","metadata":{"a":null}}""")]
    [InlineData("metadata", """{"fileName":"a","metadata":{"a":"\u0000"}}""")]
    public void A_field_that_is_not_valid_is_named(string field, string json)
    {
        var result = Validator.Validate(JsonSerializer.Deserialize(json, ApiJson.In.NewSessionBody)!);
        Assert.Equal([field], result.Errors.Select(error => error.PropertyName).Distinct());
    }

    [Fact]
    public void Metadata_has_limits()
    {
        Assert.Null(MetadataRule.Fault(Many(64, "x")));
        Assert.NotNull(MetadataRule.Fault(Many(65, "x")));
        Assert.NotNull(MetadataRule.Fault(new Dictionary<string, string> { ["a"] = new('x', 4097) }));
        Assert.NotNull(MetadataRule.Fault(new Dictionary<string, string> { [new string('k', 65)] = "x" }));
        Assert.NotNull(MetadataRule.Fault(Many(5, new string('x', 4000))));
        Assert.NotNull(MetadataRule.Fault(Many(3, new string('ü', 4000))));
        Assert.NotNull(MetadataRule.Fault(new Dictionary<string, string> { ["a"] = "\ud800" }));
    }

    [Fact]
    public void Two_spellings_of_one_request_have_one_hash()
    {
        var one = JsonSerializer.Deserialize("""{"fileName":"a","size":1,"metadata":{"x":"1","y":"2"}}""", ApiJson.In.NewSessionBody)!;
        var two = JsonSerializer.Deserialize(
            """{ "metadata":{"y":"2","x":"1"}, "size":1, "contentType":"application/octet-stream", "fileName":"\u0061" }""",
            ApiJson.In.NewSessionBody)!;
        Assert.Equal(CreateSession.HashOf(one), CreateSession.HashOf(two));
        Assert.NotEqual(CreateSession.HashOf(one), CreateSession.HashOf(one with { Size = 2 }));
        Assert.NotEqual(CreateSession.HashOf(one), CreateSession.HashOf(one with { FileName = "b" }));
    }

    [Fact]
    public void Idempotency_key_is_visible_ascii_of_bounded_length()
    {
        Assert.Equal(FieldStatus.Absent, IdempotencyKey.Read(default, out _));
        Assert.Equal(FieldStatus.Found, IdempotencyKey.Read(new string('k', 255), out var key));
        Assert.Equal(255, key!.Length);
        Assert.Equal(FieldStatus.Malformed, IdempotencyKey.Read("", out _));
        Assert.Equal(FieldStatus.Malformed, IdempotencyKey.Read(new string('k', 256), out _));
        Assert.Equal(FieldStatus.Malformed, IdempotencyKey.Read("a b", out _));
        Assert.Equal(FieldStatus.Malformed, IdempotencyKey.Read("ü", out _));
        Assert.Equal(FieldStatus.Contradictory, IdempotencyKey.Read(new Microsoft.Extensions.Primitives.StringValues(["a", "b"]), out _));
    }

    [Fact]
    public void Times_are_written_in_utc_with_a_z()
    {
        var text = JsonSerializer.Serialize(
            new ChunkView(0, 1, "", 1, new DateTimeOffset(2026, 1, 15, 10, 30, 0, TimeSpan.FromHours(1)), default), ApiJson.Out.ChunkView);
        Assert.Contains("\"startedAt\":\"2026-01-15T09:30:00.000Z\"", text, StringComparison.Ordinal);
    }

    private static Dictionary<string, string> Many(int count, string value) =>
        Enumerable.Range(0, count).ToDictionary(i => $"k{i}", _ => value);

    private static string? Fault(string json) =>
        JsonSyntax.Fault(Encoding.UTF8.GetBytes(json), ApiJson.In.Options.MaxDepth) is { } broken
            ? broken
            : string.Join(' ', Fields(json).Faults.Values.SelectMany(field => field));

    private static JsonFields<NewSessionBody> Fields(string json)
    {
        using var document = JsonDocument.Parse(json);
        return JsonFields<NewSessionBody>.Read(document.RootElement, ApiJson.In.NewSessionBody);
    }
}
