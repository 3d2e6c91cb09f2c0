using System.Net;
using System.Security.Cryptography;
using System.Text;
using System.Text.Json;
using ChunkUpload.Tests.Functional.Api;
using ChunkUpload.Tests.Support;
using Dapper;
using Npgsql;

namespace ChunkUpload.Tests.Functional.Files;

/// <summary>A folder as a ZIP archive, opened by Info-ZIP's unzip and by Python.</summary>
[Collection(FilesCollection.Name)]
public sealed class FolderArchiveTests(ApiFixture fixture) : IDisposable
{
    // For each entry: its size, SHA-256, Unix attributes in octal, and its time in the old field.
    private const string PythonList = """
        import hashlib, json, sys, zipfile
        with zipfile.ZipFile(sys.argv[1]) as z:
            bad = z.testzip()
            if bad is not None: sys.exit('damaged: ' + bad)
            json.dump({i.filename: [i.file_size, hashlib.sha256(z.read(i)).hexdigest(), oct(i.external_attr >> 16), str(i.date_time)]
                       for i in z.infolist()}, sys.stdout)
        """;

    private readonly TreeClient _tree = new(fixture.Service, "zip-" + Guid.NewGuid().ToString("N"));
    private readonly TempFolder _folder = new();

    public void Dispose() => _folder.Dispose();

    [Fact]
    public async Task Unzip_and_Python_find_every_byte_name_time_and_mode()
    {
        var large = ApiClient.Bytes(3_000_001);
        await _tree.PutAsync("a/report ü 日本.txt", "content", headers: [("X-OC-Mtime", "1769765401.5"), ("X-File-Mode", "4750")]);
        await _tree.PutAsync("a/b/empty", "");
        await _tree.FolderAsync("nothing/in here");
        using (await _tree.SendAsync(HttpMethod.Put, "large.bin", "", new ByteArrayContent(large)))
        using (await _tree.SendAsync(HttpMethod.Put, "a/link", "", null, ("X-Link-Target", "..%2Flarge.bin")))
        {
        }

        await DownloadAsync("?format=zip");
        await Tool.RunAsync(_folder.Path, "unzip", "-q", "all.zip", "-d", "out");
        Assert.Equal("content", await File.ReadAllTextAsync(_folder["out", "a", "report ü 日本.txt"]));
        // Bits beyond the permissions are not given out.
        Assert.Equal(
            UnixFileMode.UserRead | UnixFileMode.UserWrite | UnixFileMode.UserExecute | UnixFileMode.GroupRead | UnixFileMode.GroupExecute,
            File.GetUnixFileMode(_folder["out", "a", "report ü 日本.txt"]));
        Assert.Equal(
            DateTimeOffset.FromUnixTimeSeconds(1769765401).UtcDateTime,
            File.GetLastWriteTimeUtc(_folder["out", "a", "report ü 日本.txt"]));
        Assert.Equal(0, new FileInfo(_folder["out", "a", "b", "empty"]).Length);
        Assert.Empty(Directory.GetFileSystemEntries(_folder["out", "nothing", "in here"]));
        Assert.Equal("../large.bin", new FileInfo(_folder["out", "a", "link"]).LinkTarget);
        Assert.Equal(large, await File.ReadAllBytesAsync(_folder["out", "large.bin"]));

        var list = await PythonAsync();
        Assert.Equal(
            ["a/", "a/b/", "a/b/empty", "a/link", "a/report ü 日本.txt", "large.bin", "nothing/", "nothing/in here/"],
            list.EnumerateObject().Select(entry => entry.Name).Order(StringComparer.Ordinal));
        Assert.Equal(large.Length, list.GetProperty("large.bin")[0].GetInt32());
        Assert.Equal(Hex(large), list.GetProperty("large.bin")[1].GetString());
        Assert.Equal("0o100750", list.GetProperty("a/report ü 日本.txt")[2].GetString());
        Assert.Equal("(2026, 1, 30, 9, 30, 0)", list.GetProperty("a/report ü 日本.txt")[3].GetString());
        Assert.Equal("0o120777", list.GetProperty("a/link")[2].GetString());
        Assert.Equal("0o40755", list.GetProperty("nothing/in here/")[2].GetString());
    }

    [Fact]
    public async Task Only_the_chosen_entries_are_sent()
    {
        await _tree.PutAsync("a/x", "1");
        await _tree.PutAsync("a/y/z", "2");
        await _tree.PutAsync("b", "3");
        await _tree.PutAsync("c & d", "4");
        await DownloadAsync("?format=zip&name=a&name=c%20%26%20d&name=a");
        Assert.Equal(["a/", "a/x", "a/y/", "a/y/z", "c & d"], (await PythonAsync()).EnumerateObject().Select(entry => entry.Name).Order());
        foreach (var (names, called) in new[] { ("name=a", "a"), ("name=a&name=b", _tree.Root) })
        {
            using var answer = await _tree.SendAsync(HttpMethod.Head, "", $"?format=zip&{names}");
            Assert.Equal($"attachment; filename=\"{called}.zip\"", answer.Content.Headers.ContentDisposition?.ToString());
        }

        await TreeClient.RefusedAsync(
            await _tree.SendAsync(HttpMethod.Get, "", "?format=zip&name=a&name=other"), HttpStatusCode.NotFound, "no_entry");
        await TreeClient.RefusedAsync(
            await _tree.SendAsync(HttpMethod.Get, "", "?format=zip&name=a%2Fx"), HttpStatusCode.BadRequest, "invalid_parameter");
        await TreeClient.RefusedAsync(
            await _tree.SendAsync(HttpMethod.Get, "b", "?format=zip"), HttpStatusCode.BadRequest, "invalid_parameter");
    }

    [Theory]
    [InlineData("application/zip", true)]
    [InlineData("application/zip, */*;q=0.1", true)]
    [InlineData("application/json, application/zip;q=0.5", false)]
    [InlineData("text/html, */*", false)]
    [InlineData("application/zip;q=0", false)]
    public async Task The_header_Accept_asks_for_an_archive(string accept, bool zip)
    {
        await _tree.PutAsync("a", "1");
        foreach (var method in new[] { HttpMethod.Get, HttpMethod.Head })
        {
            using var answer = await _tree.SendAsync(method, "", "", null, ("Accept", accept));
            Assert.Equal(HttpStatusCode.OK, answer.StatusCode);
            Assert.Equal(zip ? "application/zip" : "application/json", answer.Content.Headers.ContentType!.MediaType);
            Assert.Equal(zip ? $"attachment; filename=\"{_tree.Root}.zip\"" : null, answer.Content.Headers.ContentDisposition?.ToString());
            Assert.Equal(method == HttpMethod.Head, (await answer.Content.ReadAsByteArrayAsync()).Length == 0);
        }
    }

    [Fact]
    public async Task An_empty_folder_is_an_archive_without_entries()
    {
        await _tree.FolderAsync("empty");
        await DownloadAsync("?format=zip", "empty");
        Assert.Empty((await PythonAsync()).EnumerateObject());
    }

    [Fact]
    [Trait("Runs", "release")]
    public async Task More_than_65535_entries_need_ZIP64()
    {
        const int count = 70_000;
        var folder = await _tree.FolderAsync("many");
        await using (var ledger = new NpgsqlConnection(fixture.Service.ConnectionString))
        {
            await ledger.ExecuteAsync(
                """
                insert into chunkupload.entries (id, space, parent, name, kind, modified_ns, link_target, owner)
                select gen_random_uuid(), e.space, e.id, 'link ' || n, 'link', n * 1000000000::bigint, 'target ' || n, 'test'
                from chunkupload.entries e, generate_series(1, @count) n where e.id = @id
                """,
                new { count, id = Guid.Parse(folder.GetProperty("id").GetString()!) });
        }

        await DownloadAsync("?format=zip");
        Assert.Contains($"{count + 1} files", await Tool.RunAsync(_folder.Path, "unzip", "-Z", "-t", "all.zip"), StringComparison.Ordinal);
        var list = await PythonAsync();
        Assert.Equal(count + 1, list.EnumerateObject().Count());
        Assert.Equal(Hex("target 65537"u8.ToArray()), list.GetProperty("many/link 65537")[1].GetString());
    }

    [Fact]
    public async Task A_folder_with_a_damaged_file_is_refused_before_the_first_byte()
    {
        var file = await _tree.PutAsync("a/b/damaged.txt", "content");
        await _tree.PutAsync("a/whole.txt", "content");
        await _tree.PutAsync("c", "1");
        await ExecuteAsync("update chunkupload.uploads set damaged_at = now() where id = @id", file);
        await TreeClient.RefusedAsync(await _tree.SendAsync(HttpMethod.Get, "a", "?format=zip"), HttpStatusCode.Gone, "damaged");
        await TreeClient.RefusedAsync(
            await _tree.SendAsync(HttpMethod.Get, "", "?format=zip&name=c&name=a"), HttpStatusCode.Gone, "damaged");
        await DownloadAsync("?format=zip&name=c");
        Assert.Equal("c", Assert.Single((await PythonAsync()).EnumerateObject()).Name);
    }

    [Fact]
    public async Task An_archive_whose_bytes_are_missing_on_the_way_is_cut_off()
    {
        await _tree.PutAsync("a", new string('x', 200_000));
        var file = await _tree.PutAsync("b", "content");
        await ExecuteAsync("delete from chunkupload.extents where upload_id = @id", file);
        await Assert.ThrowsAsync<HttpRequestException>(() => DownloadAsync("?format=zip"));
        Assert.Contains(fixture.Service.Log.All, line => line.Contains("was cut off: Damaged", StringComparison.Ordinal));
    }

    private static string Hex(byte[] bytes) => Convert.ToHexStringLower(SHA256.HashData(bytes));

    private async Task ExecuteAsync(string statement, JsonElement file)
    {
        await using var ledger = new NpgsqlConnection(fixture.Service.ConnectionString);
        Assert.Equal(1, await ledger.ExecuteAsync(statement, new { id = Guid.Parse(file.GetProperty("fileId").GetString()!) }));
    }

    private async Task DownloadAsync(string query, string path = "")
    {
        using var answer = await _tree.Http.GetAsync(_tree.At(path, query), HttpCompletionOption.ResponseHeadersRead);
        Assert.Equal(HttpStatusCode.OK, answer.StatusCode);
        await using var file = File.Create(_folder["all.zip"]);
        await answer.Content.CopyToAsync(file);
    }

    private async Task<JsonElement> PythonAsync() =>
        JsonSerializer.Deserialize<JsonElement>(
            Encoding.UTF8.GetBytes(await Tool.RunAsync(_folder.Path, "python3", "-c", PythonList, "all.zip")));
}
