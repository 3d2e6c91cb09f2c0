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

        // A user's own lists replace the default ones; the operator has none.
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
    public async Task Invalid_rules_are_refused_and_valid_ones_are_shown()
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

    [Fact]
    public async Task Rules_hold_for_content_that_is_there_already()
    {
        var bytes = TusClient.Bytes(100);
        var sha256 = TusClient.Sha256(bytes);
        Assert.Equal(201, await PutTreeAsync("a.jpg", bytes));
        Assert.Equal(200, await SetAsync($"user/{_user.Id:n}", new { names = new[] { "*.jpg" }, metadata = new[] { Required } }));
        Assert.Equal((403, "name_not_allowed"), await KnownAsync("b.exe", sha256));
        Assert.Equal((403, "metadata_refused"), await KnownAsync("b.jpg", sha256));
        Assert.Equal((200, null), await KnownAsync("b.jpg", sha256, new { project = "x" }));
        Assert.Equal(200, await SetAsync($"user/{_user.Id:n}", new { names = new[] { "*.jpg" } }));
        Assert.Equal(403, await PutTreeAsync("c.exe", [], sha256));
        Assert.Equal(201, await PutTreeAsync("c.jpg", [], sha256));
    }

    [Fact]
    public async Task A_file_gets_no_name_that_is_not_allowed_when_it_is_renamed_copied_moved_or_restored()
    {
        Assert.Equal(201, await PutTreeAsync("d.jpg", TusClient.Bytes(10)));
        Assert.Equal(201, await PutTreeAsync("old.exe", TusClient.Bytes(10)));
        Assert.Equal(200, await SetAsync($"user/{_user.Id:n}", new { names = new[] { "*.jpg" } }));
        using (var renamed = await _member.PatchAsJsonAsync("/api/tree/d.jpg", new { name = "d.exe" }))
            Assert.Equal(403, (int)renamed.StatusCode);
        foreach (var verb in new[] { "copy", "move" })
        {
            using var refused = await _member.PostAsJsonAsync($"/api/tree/{verb}", new { from = "d.jpg", to = "d.exe" });
            Assert.Equal((verb, 403), (verb, (int)refused.StatusCode));
        }

        using (var allowed = await _member.PostAsJsonAsync("/api/tree/copy", new { from = "d.jpg", to = "e.jpg" }))
            Assert.Equal(201, (int)allowed.StatusCode);
        // An entry that keeps its name may be moved anywhere, and a folder may have any name.
        using (var moved = await _member.PostAsJsonAsync("/api/tree/move", new { from = "old.exe", to = "any/old.exe", parents = true }))
            Assert.Equal(200, (int)moved.StatusCode);
        using (var folder = await _member.PatchAsJsonAsync("/api/tree/any", new { name = "some.exe" }))
            Assert.Equal(200, (int)folder.StatusCode);
        (await _member.DeleteAsync("/api/tree/d.jpg")).Dispose();
        var trash = await _member.GetFromJsonAsync<JsonElement>("/api/trash");
        var item = trash.GetProperty("items").EnumerateArray().First(one => one.GetProperty("path").GetString() == "d.jpg");
        using var restored = await _member.PostAsJsonAsync(
            $"/api/trash/{item.GetProperty("id").GetString()}/restore", new { path = "d.exe" });
        Assert.Equal((403, "name_not_allowed"), ((int)restored.StatusCode, await CodeAsync(restored)));
    }

    [Fact]
    public async Task The_limit_of_files_bounds_copies_folders_and_links_too()
    {
        using (var made = await _member.PutAsync("/api/tree/f0/a?parents=true", new ByteArrayContent([1])))
            Assert.Equal(201, (int)made.StatusCode);
        Assert.Equal(200, await SetAsync("tenant/default", new { files = 12 }));
        var (count, status) = (0, 201);
        for (; count < 10 && status == 201; count++)
        {
            using var copied = await _member.PostAsJsonAsync("/api/tree/copy", new { from = "f0", to = $"f{count + 1}" });
            status = (int)copied.StatusCode;
            if (status != 201)
                Assert.Equal("quota_exceeded", await CodeAsync(copied));
        }

        Assert.Equal((6, 413), (count, status));
        using (var folder = await _member.PutAsync("/api/tree/more/", null))
            Assert.Equal(413, (int)folder.StatusCode);
        using (var there = await _member.PutAsync("/api/tree/f0/", null))
            Assert.Equal(200, (int)there.StatusCode);
        using (var copied = await _member.PostAsJsonAsync("/api/tree/copy", new { from = "f0/a", to = "f0/b" }))
            Assert.Equal(413, (int)copied.StatusCode);
        using var moved = await _member.PostAsJsonAsync("/api/tree/move", new { from = "f0/a", to = "f0/b" });
        Assert.Equal(200, (int)moved.StatusCode);
    }

    private static object Required => new { key = "project", required = true };

    private async Task<int> PutTreeAsync(string path, byte[] bytes, string? sha256 = null)
    {
        using var request = new HttpRequestMessage(HttpMethod.Put, $"/api/tree/{path}") { Content = new ByteArrayContent(bytes) };
        if (sha256 is not null)
            request.Headers.Add("X-Content-SHA256", sha256);
        using var answer = await _member.SendAsync(request);
        return (int)answer.StatusCode;
    }

    private async Task<(int Status, string? Code)> KnownAsync(string path, string sha256, object? metadata = null)
    {
        using var answer = await _member.PostAsJsonAsync("/api/sessions", new { path, sha256, size = 100, metadata });
        return ((int)answer.StatusCode, await CodeAsync(answer));
    }

    private static async Task<string?> CodeAsync(HttpResponseMessage answer) =>
        (await answer.Content.ReadFromJsonAsync<JsonElement>()).TryGetProperty("code", out var code) ? code.GetString() : null;

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
