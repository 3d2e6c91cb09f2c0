using System.Net.Http.Headers;
using System.Net.Http.Json;
using System.Text;
using System.Text.Json;
using ChunkUpload.Core.Access;
using ChunkUpload.Tests.Support;

namespace ChunkUpload.Tests.Functional.Limits;

/// <summary>Allowed types, names and metadata as limits: refused at the creation, by every protocol.</summary>
public sealed class FileRulesTests(PostgresFixture postgres) : IClassFixture<PostgresFixture>, IAsyncLifetime
{
    private TestService _service = null!;
    private HttpClient _member = null!;
    private User _user = null!;

    public async Task InitializeAsync()
    {
        _service = await TestService.StartAsync(postgres);
        var people = new TestPeople(_service);
        _user = await people.UserAsync("rae", Role.Member);
        _member = await people.ClientAsync(_user);
    }

    public async Task DisposeAsync()
    {
        _member.Dispose();
        await _service.DisposeAsync();
    }

    [Fact]
    public async Task Types_and_names_that_are_not_allowed_are_refused_by_every_protocol()
    {
        Assert.Equal(200, await SetAsync("default/user", new { types = new[] { "image/*" }, names = new[] { "*.jpg" } }));
        Assert.Equal((201, null), await SessionAsync("a.jpg", "image/jpeg"));
        Assert.Equal((415, "type_not_allowed"), await SessionAsync("a.jpg", "text/html"));
        Assert.Equal((403, "name_not_allowed"), await SessionAsync("a.exe", "image/jpeg"));
        var tus = new TusClient(_member);
        foreach (var (type, status) in new[] { ("text/html", 415), ("image/png", 201) })
        {
            var created = await tus.CreateAsync(("Upload-Length", "5"), Metadata(("filename", "a.jpg"), ("filetype", type)));
            Assert.Equal((type, status), (type, created.Status));
        }

        foreach (var (name, type, status) in new[] { ("a.jpg", "image/jpeg", 201), ("a.exe", "image/jpeg", 403), ("a.jpg", "a/b", 415) })
        {
            using var content = new ByteArrayContent([0xFF, 0xD8, 0xFF, 0xE0, 0]);
            content.Headers.ContentType = MediaTypeHeaderValue.Parse(type);
            using var put = await _member.PutAsync($"/api/files/{name}", content);
            Assert.Equal((name, type, status), (name, type, (int)put.StatusCode));
        }

        // A user's own lists take the place of the default ones; the operator has none.
        Assert.Equal(200, await SetAsync($"user/{_user.Id:n}", new { types = new[] { "text/html" } }));
        Assert.Equal((201, null), await SessionAsync("a.jpg", "text/html"));
        Assert.Equal((201, null), await SessionAsync("a.exe", "a/b", client: _service.Client));
    }

    [Fact]
    public async Task Metadata_must_be_as_the_rules_say()
    {
        Assert.Equal(200, await SetAsync($"user/{_user.Id:n}", new
        {
            metadata = new object[]
            {
                new { key = "project", required = true, pattern = "[A-Z]{3}-[0-9]+", maxLength = 8 },
                new { key = "note", maxLength = 3 },
            },
        }));
        Assert.Equal((403, "metadata_refused"), await SessionAsync("a.jpg", "a/b"));
        Assert.Equal((403, "metadata_refused"), await SessionAsync("a.jpg", "a/b", new { project = "abc-1" }));
        Assert.Equal((403, "metadata_refused"), await SessionAsync("a.jpg", "a/b", new { project = "ABC-1\n" }));
        Assert.Equal((403, "metadata_refused"), await SessionAsync("a.jpg", "a/b", new { project = "ABC-123456" }));
        Assert.Equal((403, "metadata_refused"), await SessionAsync("a.jpg", "a/b", new { project = "ABC-1", note = "long" }));
        Assert.Equal((201, null), await SessionAsync("a.jpg", "a/b", new { project = "ABC-1", note = "hm" }));
        var tus = new TusClient(_member);
        Assert.Equal(201, (await tus.CreateAsync(("Upload-Length", "5"), Metadata(("project", "ABC-1")))).Status);
        Assert.Equal(403, (await tus.CreateAsync(("Upload-Length", "5"), Metadata(("project", "x")))).Status);
        // A part becomes no file; what is joined from it does.
        var part = await tus.CreateAsync(("Upload-Length", "0"), ("Upload-Concat", "partial"));
        Assert.Equal(201, part.Status);
        Assert.Equal(403, (await tus.CreateAsync(("Upload-Concat", $"final;{part.Path}"))).Status);
    }

    [Fact]
    public async Task Rules_that_cannot_be_are_refused_and_what_is_set_is_shown()
    {
        var path = $"user/{_user.Id:n}";
        Assert.Equal(400, await SetAsync(path, new { types = new[] { "image" } }));
        Assert.Equal(400, await SetAsync(path, new { names = new[] { "" } }));
        Assert.Equal(400, await SetAsync(path, new { metadata = new[] { new { key = "a", pattern = "(" } } }));
        Assert.Equal(400, await SetAsync(path, new { metadata = new[] { new { key = "a", pattern = @"(a)\1" } } }));
        Assert.Equal(400, await SetAsync(path, new { metadata = new[] { new { required = true } } }));
        Assert.Equal(400, await SetAsync(path, new { metadata = new object?[] { null } }));
        Assert.Equal(400, await SetAsync("service/all", new { types = new[] { "image/*" } }));
        Assert.Equal(200, await SetAsync(path, new { metadata = new[] { new { key = "a", pattern = "b+", required = true } } }));
        var limits = (await _service.Client.GetFromJsonAsync<JsonElement>($"/api/limits/{path}")).GetProperty("limits");
        var rule = limits.GetProperty("metadata")[0];
        Assert.Equal(("a", true, "b+"), (
            rule.GetProperty("key").GetString(), rule.GetProperty("required").GetBoolean(), rule.GetProperty("pattern").GetString()));
        Assert.Equal(JsonValueKind.Null, limits.GetProperty("types").ValueKind);
    }

    private static (string Name, string Value) Metadata(params (string Key, string Value)[] pairs) => (
        "Upload-Metadata",
        string.Join(',', pairs.Select(pair => $"{pair.Key} {Convert.ToBase64String(Encoding.UTF8.GetBytes(pair.Value))}")));

    private async Task<(int Status, string? Code)> SessionAsync(
        string name, string type, object? metadata = null, HttpClient? client = null)
    {
        using var answer = await (client ?? _member).PostAsJsonAsync(
            "/api/sessions", new { fileName = name, contentType = type, size = 5, metadata });
        var body = await answer.Content.ReadFromJsonAsync<JsonElement>();
        return ((int)answer.StatusCode, body.TryGetProperty("code", out var code) ? code.GetString() : null);
    }

    private async Task<int> SetAsync(string path, object limits)
    {
        using var answer = await _service.Client.PutAsJsonAsync($"/api/limits/{path}", limits);
        return (int)answer.StatusCode;
    }
}
