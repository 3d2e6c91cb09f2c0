using System.Net;
using System.Net.Http.Json;
using System.Text;
using ChunkUpload.Tests.Functional.Api;
using Dapper;
using Npgsql;

namespace ChunkUpload.Tests.Functional.Files;

/// <summary>Content that the caller can read here already is published without its bytes.</summary>
[Collection(FilesCollection.Name)]
public sealed class KnownContentTests(ApiFixture fixture)
{
    private readonly TreeClient _tree = new(fixture.Service, "known-" + Guid.NewGuid().ToString("N"));
    private readonly string _content = Guid.NewGuid().ToString();

    private string Digest => ApiClient.Hex(Encoding.UTF8.GetBytes(_content));

    [Fact]
    public async Task A_request_without_a_body_needs_no_length()
    {
        await _tree.PutAsync("a", _content);
        var answer = await fixture.Api.RawAsync($"PUT /api/tree/{_tree.Root}/b HTTP/1.1\r\nX-Content-SHA256: {Digest}", "");
        Assert.StartsWith("HTTP/1.1 201 ", answer, StringComparison.Ordinal);
        Assert.Equal(_content, await _tree.ReadAsync("b"));
    }

    [Fact]
    public async Task A_damaged_file_does_not_hide_a_sound_one()
    {
        var damaged = await _tree.PutAsync("a", _content);
        await _tree.PutAsync("b", _content);
        await using (var ledger = new NpgsqlConnection(fixture.Service.ConnectionString))
        {
            await ledger.ExecuteAsync(
                "update chunkupload.uploads set damaged_at = now() where id = @id",
                new { id = Guid.ParseExact(damaged.GetProperty("fileId").GetString()!, "N") });
        }

        await _tree.PutAsync("c", "", "", HttpStatusCode.Created, ("X-Content-SHA256", Digest));
        Assert.Equal(_content, await _tree.ReadAsync("c"));
    }

    [Theory]
    [InlineData("fail")]
    [InlineData("rename")]
    [InlineData("replace")]
    public async Task A_session_whose_request_is_repeated_with_its_key_is_answered_as_before(string conflict)
    {
        var key = Guid.NewGuid().ToString();
        var body = new { path = $"{_tree.Root}/b", size = _content.Length, sha256 = Digest, conflict };
        await _tree.PutAsync("a", _content);
        for (var i = 0; i < 2; i++)
        {
            var known = await TreeClient.JsonAsync(await PostAsync(key, body), HttpStatusCode.OK);
            Assert.Equal("completed", known.GetProperty("state").GetString());
        }

        Assert.Equal(["a", "b"], await _tree.PathsAsync());
        var b = await TreeClient.JsonAsync(await _tree.Http.GetAsync(_tree.At("b", "?format=json")), HttpStatusCode.OK);
        Assert.Equal(1, b.GetProperty("version").GetInt32());
    }

    [Fact]
    public async Task A_taken_name_is_refused_although_the_file_has_the_same_content()
    {
        var body = new { path = $"{_tree.Root}/a", size = _content.Length, sha256 = Digest, conflict = "fail" };
        await _tree.PutAsync("a", _content);
        var key = Guid.NewGuid().ToString();
        await TreeClient.RefusedAsync(await PostAsync(key, body), HttpStatusCode.Conflict, "name_taken");
        await TreeClient.RefusedAsync(await PostAsync(key, body), HttpStatusCode.Conflict, "name_taken");
    }

    [Fact]
    public async Task A_repeated_request_finds_the_name_that_its_file_has_got()
    {
        var key = Guid.NewGuid().ToString();
        var body = new { path = $"{_tree.Root}/b", size = _content.Length, sha256 = Digest, conflict = "rename" };
        await _tree.PutAsync("a", _content);
        await _tree.PutAsync("b", "another");
        for (var i = 0; i < 2; i++)
            await TreeClient.JsonAsync(await PostAsync(key, body), HttpStatusCode.OK);
        Assert.Equal(3, (await _tree.PathsAsync()).Length);
        await TreeClient.RefusedAsync(
            await PostAsync(key, new { path = $"{_tree.Root}/c", size = _content.Length, sha256 = Digest }),
            HttpStatusCode.UnprocessableEntity, "idempotency_mismatch");
    }

    [Fact]
    public async Task A_session_that_was_created_before_its_content_was_known_stays_that_of_its_key()
    {
        var key = Guid.NewGuid().ToString();
        var body = new { path = $"{_tree.Root}/b", size = _content.Length, sha256 = Digest };
        var open = await TreeClient.JsonAsync(await PostAsync(key, body), HttpStatusCode.Created);
        await _tree.PutAsync("a", _content);
        var again = await TreeClient.JsonAsync(await PostAsync(key, body), HttpStatusCode.Created);
        Assert.Equal(open.GetProperty("id").GetString(), again.GetProperty("id").GetString());
        await TreeClient.RefusedAsync(
            await PostAsync(key, new { path = $"{_tree.Root}/c", size = _content.Length, sha256 = Digest }),
            HttpStatusCode.UnprocessableEntity, "idempotency_mismatch");
        Assert.Equal(["a"], await _tree.PathsAsync());
    }

    private Task<HttpResponseMessage> PostAsync(string key, object body) => _tree.SendAsync(
        HttpMethod.Post, new Uri("/api/sessions", UriKind.Relative), JsonContent.Create(body), ("Idempotency-Key", key));
}
