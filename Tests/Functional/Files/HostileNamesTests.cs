using System.Net;
using System.Net.Http.Json;
using System.Text;
using System.Text.Json;
using ChunkUpload.Tests.Functional.Api;
using ChunkUpload.Tests.Support;

namespace ChunkUpload.Tests.Functional.Files;

/// <summary>Names that programs trip over, in every way to upload and in every answer.</summary>
[Collection(FilesCollection.Name)]
public sealed class HostileNamesTests(ApiFixture fixture) : IDisposable
{
    /// <summary>Each may be the name of an entry, and is kept as it is.</summary>
    private static readonly string[] Names =
    [
        "new\nline", "tab\there", "carriage\rreturn", "escape\u001b[31m", "bell\u0007", "first\u0001", "delete\u007f", "next\u0085line",
        "line\u2028separator", "paragraph\u2029separator", "override\u202Efdp.exe", "isolate\u2066x\u2069", "mark\u200Ex",
        "width\u200Bless",
        "order\uFEFFmark", "composed \u00e9", "composed e\u0301", "..%2f", "%2e%2e", "%00", "%", "a%zz", "CON", "con.txt", "NUL",
        "COM1.log",
        "trailing.", "trailing..", "trailing ", " leading", "...", ".. ", " ", ".hidden", "~", "~root", "-rf", "--help", "*", "a?b", "a:b",
        "C:", "C:\\Windows", "..\\..\\evil", "\\\\server\\share", "\"quoted\"", "'single'", "`command`", "$(command)", ";rm", "<script>",
        "a|b", "a&b=c", "a#b", "a+b", "null", "undefined", "\u0430dmin", "\u0130", "\ufb01", "\u00a0space", "\ue000private", "\U0001F600",
        "mark~0123456789abcdef01234567.txt", new('x', 255), new string('\u00e9', 127) + "y",
        string.Concat(Enumerable.Repeat("\U0001F600", 63)) + "abc",
        "\n" + new string('z', 250) + ".md",
    ];

    private readonly TreeClient _tree = new(fixture.Service, "names-" + Guid.NewGuid().ToString("N"));
    private readonly TempFolder _folder = new();

    public void Dispose() => _folder.Dispose();

    [Theory]
    [InlineData("put")]
    [InlineData("tar")]
    [InlineData("tus")]
    [InlineData("draft")]
    [InlineData("session")]
    [InlineData("patch")]
    [InlineData("copy")]
    [InlineData("move")]
    [InlineData("place")]
    [InlineData("restore")]
    public async Task A_name_survives_every_way_in(string way)
    {
        Assert.True(Names.Distinct().Count() >= 60);
        await _tree.FolderAsync("in");
        if (way == "tar")
            await UnpackAsync([.. Names.Select(name => (Encoding.UTF8.GetBytes("in/" + name), name))]);
        foreach (var name in way == "tar" ? [] : Names)
            await SendAsync(way, name);

        var list = await _tree.ListAsync("in", "?limit=1000&kind=file");
        Assert.Equal(Names.Order(StringComparer.Ordinal), TreeClient.Names(list).Order(StringComparer.Ordinal));
        var check = string.Join('\n', Names.Select(name => JsonSerializer.Serialize(new
        {
            path = $"{_tree.Root}/in/{name}",
            size = Encoding.UTF8.GetByteCount(name),
            // The digest of a session is computed after its end.
            sha256 = way == "session" ? null : ApiClient.Hex(Encoding.UTF8.GetBytes(name)),
        })));
        using var answer = await _tree.Http.PostAsync(new Uri("/api/tree/check", UriKind.Relative), new StringContent(check));
        var lines = (await answer.Content.ReadAsStringAsync()).Split('\n', StringSplitOptions.RemoveEmptyEntries);
        Assert.All(lines, line => Assert.Contains("\"state\":\"equal\"", line, StringComparison.Ordinal));
        Assert.Equal(Names.Length, lines.Length);
    }

    [Fact]
    public async Task A_name_comes_out_by_path_and_in_headers()
    {
        foreach (var name in Names)
        {
            await SendAsync("put", name);
            using var answer = await _tree.Http.GetAsync(_tree.At("in/" + name));
            Assert.Equal(name, await answer.Content.ReadAsStringAsync());
            var disposition = Assert.Single(answer.Content.Headers.GetValues("Content-Disposition"));
            Assert.StartsWith("attachment; filename=\"", disposition, StringComparison.Ordinal);
            Assert.DoesNotContain(disposition, character => character is < ' ' or > '~');
        }
    }

    [Fact]
    public async Task Names_in_an_archive_are_safe_and_stay_different()
    {
        foreach (var name in Names)
            await SendAsync("put", name);
        await _tree.PutAsync("in/back\\slash/new\nline/x", "inside");
        await using (var file = File.Create(_folder["all.zip"]))
        {
            using var answer = await _tree.Http.GetAsync(_tree.At("in", "?format=zip"));
            await answer.Content.CopyToAsync(file);
        }

        const string Read = "import json,sys,zipfile\nz=zipfile.ZipFile('all.zip')\n"
            + "json.dump([[i.filename,z.read(i).decode()] for i in z.infolist() if not i.is_dir()],sys.stdout)";
        var members = JsonSerializer.Deserialize<string[][]>(await Tool.RunAsync(_folder.Path, "python3", "-c", Read))!;
        var contents = Names.Append("inside").Order(StringComparer.Ordinal).ToList();
        Assert.Equal(contents, members.Select(member => member[1]).Order(StringComparer.Ordinal));
        Assert.Equal(members.Length, members.Select(member => member[0]).Distinct().Count());
        foreach (var (name, content) in members.Select(member => (member[0], member[1])))
        {
            Assert.DoesNotContain(name, character => char.IsControl(character) || character is '\\' or '\u202E' or '\u2028');
            Assert.All(name.Split('/'), part => Assert.True(
                Encoding.UTF8.GetByteCount(part) <= 255 && part.Trim('.', ' ').Length > 0 && part != "C:", name));
        }

        var kept = members.Where(member => member[0] == member[1]).Select(member => member[1]).ToHashSet();
        Assert.Contains("..%2f", kept);
        Assert.Contains("composed e\u0301", kept);
        Assert.Contains("CON", kept);
        Assert.Contains(new string('x', 255), kept);
        Assert.DoesNotContain("mark~0123456789abcdef01234567.txt", kept);

        await Tool.RunAsync(_folder.Path, "unzip", "-q", "all.zip", "-d", "out");
        var files = Directory.GetFiles(_folder["out"], "*", SearchOption.AllDirectories);
        Assert.Equal(
            contents,
            (await Task.WhenAll(files.Select(file => File.ReadAllTextAsync(file)))).Order(StringComparer.Ordinal));
    }

    [Theory]
    [InlineData("..")]
    [InlineData(".")]
    [InlineData("a\0b")]
    [InlineData("nul\0")]
    [InlineData("too long")]
    public async Task A_name_that_no_entry_has_is_refused_by_every_way(string name)
    {
        if (name == "too long")
            name = new string('x', 256);
        await _tree.FolderAsync("in");
        await _tree.PutAsync("x", "x");
        // A client library would resolve the dots itself.
        if (!name.StartsWith('.'))
            await RefusedAsync(await _tree.TryPutAsync("in/" + name, "x"));
        await RefusedAsync(await _tree.TryPatchAsync("x", new { name }));
        await RefusedAsync(await _tree.TryPatchAsync("x", new { path = $"{_tree.Root}/in/{name}" }));
        await RefusedAsync(await _tree.TryCopyAsync("x", "in/" + name));
        await RefusedAsync(
            await _tree.Http.PostAsJsonAsync(At("/api/tree/move"), new { from = $"{_tree.Root}/x", to = PathOf(name) }));
        await RefusedAsync(await TusAsync(name));
        await RefusedAsync(await SessionAsync(name));
        Assert.Equal(["in/", "x"], await _tree.PathsAsync());
    }

    [Theory]
    [InlineData("PATCH", "/x", "{\"name\":\"\\ud800\"}")]
    [InlineData("PATCH", "/x", "{\"name\":\"a\\udc00b\"}")]
    [InlineData("PATCH", "/x", "{\"path\":\"in/\\ud800\"}")]
    [InlineData("POST", null, "{\"from\":\"x\",\"to\":\"in/\\ud83d\"}")]
    public async Task A_lone_surrogate_in_JSON_is_refused(string method, string? path, string body)
    {
        await _tree.PutAsync("x", "x");
        var address = new Uri(path is null ? "/api/tree/copy" : $"/api/tree/{_tree.Root}{path}", UriKind.Relative);
        await RefusedAsync(await _tree.SendAsync(
            new HttpMethod(method), address, new StringContent(body, Encoding.UTF8, "application/json")));
        Assert.Equal(["x"], await _tree.PathsAsync());
    }

    [Theory]
    [InlineData("%FF")]
    [InlineData("%C0%AF")]
    [InlineData("%ED%A0%80")]
    [InlineData("a%00b")]
    [InlineData("%2e%2e")]
    [InlineData("..")]
    [InlineData("a%2Fb")]
    [InlineData("a%")]
    public async Task An_address_that_is_no_path_is_refused(string name)
    {
        await _tree.FolderAsync("in");
        var answer = await fixture.Api.RawAsync($"PUT /api/tree/{_tree.Root}/in/{name} HTTP/1.1\r\nContent-Length: 1", "x");
        Assert.StartsWith("HTTP/1.1 400 ", answer, StringComparison.Ordinal);
        Assert.Equal(["in/"], await _tree.PathsAsync());
    }

    [Theory]
    [InlineData("folder")]
    [InlineData("link")]
    public async Task A_folder_or_a_link_may_have_such_a_name(string kind)
    {
        await _tree.FolderAsync("in");
        foreach (var name in Names)
        {
            if (kind == "folder")
                await _tree.FolderAsync("in/" + name);
            else
                await TreeClient.JsonAsync(
                    await _tree.SendAsync(HttpMethod.Put, "in/" + name, "", null, ("X-Link-Target", "..%2Fx")), HttpStatusCode.Created);
        }

        var list = await _tree.ListAsync("in", $"?limit=1000&kind={kind}");
        Assert.Equal(Names.Order(StringComparer.Ordinal), TreeClient.Names(list).Order(StringComparer.Ordinal));
    }

    [Fact]
    public async Task A_name_in_Content_Disposition_is_made_safe()
    {
        foreach (var name in Names)
        {
            using var made = await _tree.SendAsync(
                HttpMethod.Post, At("/uploads"), new StringContent("x"),
                ("Content-Disposition", $"attachment; filename*=UTF-8''{Uri.EscapeDataString(name)}"));
            Assert.True(made.IsSuccessStatusCode, $"{name}: {(int)made.StatusCode} {await made.Content.ReadAsStringAsync()}");
            var file = At($"/api/files/{made.Headers.Location!.OriginalString.Split('/')[^1]}");
            var kept = (await TreeClient.JsonAsync(await _tree.Http.GetAsync(file), HttpStatusCode.OK)).GetProperty("name").GetString()!;
            Assert.DoesNotContain(kept, character => char.IsControl(character) || character is '/' or '\\' or '\u202E' or '\u2028');
            Assert.InRange(Encoding.UTF8.GetByteCount(kept), 1, 255);
            (await _tree.Http.DeleteAsync(file)).Dispose();
        }
    }

    private static Uri At(string address) => new(address, UriKind.Relative);

    private string PathOf(string name) => $"{_tree.Root}/in/{name}";

    private static async Task RefusedAsync(HttpResponseMessage answer)
    {
        using (answer)
        {
            Assert.True(
                answer.StatusCode == HttpStatusCode.BadRequest, $"{(int)answer.StatusCode} {await answer.Content.ReadAsStringAsync()}");
        }
    }

    private async Task SendAsync(string way, string name)
    {
        switch (way)
        {
            case "put":
                await _tree.PutAsync("in/" + name, name);
                break;
            case "patch":
                await _tree.PutAsync("in/x", name);
                await _tree.PatchAsync("in/x", new { name });
                break;
            case "copy":
                await _tree.PutAsync("from/x", name, status: name == Names[0] ? HttpStatusCode.Created : HttpStatusCode.OK);
                await TreeClient.JsonAsync(await _tree.TryCopyAsync("from/x", "in/" + name), HttpStatusCode.Created);
                break;
            case "move":
                await _tree.PutAsync("from/x", name);
                await TreeClient.JsonAsync(
                    await _tree.Http.PostAsJsonAsync(At("/api/tree/move"), new { from = $"{_tree.Root}/from/x", to = PathOf(name) }),
                    HttpStatusCode.OK);
                break;
            case "place":
                var unfiled = await TreeClient.JsonAsync(
                    await _tree.SendAsync(HttpMethod.Put, At("/api/files/x"), new ByteArrayContent(Encoding.UTF8.GetBytes(name))),
                    HttpStatusCode.Created);
                await TreeClient.JsonAsync(
                    await _tree.Http.PostAsJsonAsync(
                        At($"/api/files/{unfiled.GetProperty("id").GetString()}/place"), new { path = PathOf(name) }),
                    HttpStatusCode.Created);
                break;
            case "restore":
                var removed = await _tree.PutAsync("from/x", name);
                (await _tree.SendAsync(HttpMethod.Delete, "from/x")).Dispose();
                await TreeClient.JsonAsync(
                    await _tree.Http.PostAsJsonAsync(
                        At($"/api/trash/{removed.GetProperty("id").GetString()}/restore"), new { path = PathOf(name) }),
                    HttpStatusCode.OK);
                break;
            case "tus":
                using (var made = await TusAsync(name))
                    Assert.True(made.IsSuccessStatusCode, name + await made.Content.ReadAsStringAsync());
                break;
            case "draft":
                var address = new Uri(
                    $"/uploads/{_tree.Root}/in/{Uri.EscapeDataString(name)}", UriKind.Relative);
                using (var made = await _tree.SendAsync(HttpMethod.Put, address, new ByteArrayContent(Encoding.UTF8.GetBytes(name))))
                    Assert.True(made.StatusCode == HttpStatusCode.Created, name + await made.Content.ReadAsStringAsync());
                break;
            default:
                var bytes = Encoding.UTF8.GetBytes(name);
                var session = await TreeClient.JsonAsync(await SessionAsync(name), HttpStatusCode.Created);
                var id = session.GetProperty("id").GetString()!;
                (await fixture.Api.PutAsync(id, 0, bytes)).EnsureSuccessStatusCode().Dispose();
                (await fixture.Api.CompleteAsync(id)).EnsureSuccessStatusCode().Dispose();
                break;
        }
    }

    private Task<HttpResponseMessage> SessionAsync(string name) => _tree.Http.PostAsJsonAsync(
        new Uri("/api/sessions", UriKind.Relative), new { path = $"{_tree.Root}/in/{name}", size = Encoding.UTF8.GetByteCount(name) });

    private Task<HttpResponseMessage> TusAsync(string name)
    {
        var bytes = Encoding.UTF8.GetBytes(name);
        var content = new ByteArrayContent(bytes);
        content.Headers.ContentType = new("application/offset+octet-stream");
        var path = Convert.ToBase64String(Encoding.UTF8.GetBytes($"{_tree.Root}/in/{name}"));
        return _tree.SendAsync(
            HttpMethod.Post, new Uri("/files", UriKind.Relative), content, ("Tus-Resumable", "1.0.0"), ("Upload-Length", $"{bytes.Length}"),
            ("Upload-Metadata", "path " + path));
    }

    private async Task UnpackAsync((byte[] Name, string Content)[] members)
    {
        var archive = new TarBytes();
        foreach (var (name, content) in members)
            archive.Member('0', name, Encoding.UTF8.GetBytes(content));
        using var answer = await _tree.Http.PostAsync(
            new Uri($"/api/tree/{_tree.Root}?unpack=tar", UriKind.Relative), new ByteArrayContent(archive.End()));
        Assert.Contains($"\"created\":{members.Length},", await answer.Content.ReadAsStringAsync(), StringComparison.Ordinal);
    }
}
