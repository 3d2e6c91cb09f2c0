using System.Net;
using System.Net.Sockets;
using System.Text;
using System.Text.Json;
using ChunkUpload.Tests.Functional.Api;
using ChunkUpload.Tests.Support;

namespace ChunkUpload.Tests.Functional.Files;

/// <summary>A tar stream that is unpacked into a folder while it arrives.</summary>
[Collection(FilesCollection.Name)]
public sealed class UnpackTests(ApiFixture fixture) : IDisposable
{
    private readonly TreeClient _tree = new(fixture.Service, "tar-" + Guid.NewGuid().ToString("N"));
    private readonly TempFolder _folder = new();

    public void Dispose() => _folder.Dispose();

    [Theory]
    [InlineData("pax")]
    [InlineData("gnu")]
    [InlineData("ustar")]
    public async Task An_archive_of_GNU_tar_arrives_whole_and_arrives_once(string format)
    {
        var large = ApiClient.Bytes(3_000_001);
        // ustar has no room for a long name in one part, and its times are whole seconds.
        var part = format == "ustar" ? "long" : new string('l', 200);
        Directory.CreateDirectory(_folder["in", "a", part]);
        Directory.CreateDirectory(_folder["in", "nothing"]);
        await File.WriteAllBytesAsync(_folder["in", "large"], large);
        await File.WriteAllTextAsync(_folder["in", "a", part, "ü.txt"], "content");
        await File.WriteAllTextAsync(_folder["in", "a", "empty"], "");
        File.SetUnixFileMode(_folder["in", "a", "empty"], UnixFileMode.UserRead);
        await Tool.RunAsync(_folder.Path, "touch", "-d", "2026-01-30T09:30:00.123456789Z", $"in/a/{part}/ü.txt", "in/nothing");
        await Tool.RunAsync(_folder.Path, "ln", "-s", "../large", "in/a/link");
        await Tool.RunAsync(_folder.Path, "ln", "in/large", "in/second");
        await Tool.RunAsync(_folder.Path, "tar", $"--format={format}", "--sort=name", "-C", "in", "-cf", "all.tar", ".");
        var archive = await File.ReadAllBytesAsync(_folder["all.tar"]);

        var first = await UnpackAsync(archive);
        Assert.Equal("8 created", Sums(first));
        Assert.Equal(large.Length + 7, first[^1].GetProperty("storedBytes").GetInt64());
        Assert.Equal(
            new[] { "a/", "a/empty", $"a/{part}/", $"a/{part}/ü.txt", "a/link", "large", "nothing/", "second" }
                .Order(StringComparer.Ordinal),
            (await _tree.PathsAsync()).Order(StringComparer.Ordinal));
        using (var answer = await _tree.Http.GetAsync(_tree.At("second")))
            Assert.Equal(large, await answer.Content.ReadAsByteArrayAsync());
        var text = await EntryAsync($"a/{part}/ü.txt");
        var decimals = format == "pax" ? ".123456789" : "";
        Assert.Equal($"2026-01-30T09:30:00{decimals}Z", text.GetProperty("modifiedAt").GetString());
        Assert.Equal($"2026-01-30T09:30:00{decimals}Z", (await EntryAsync("nothing")).GetProperty("modifiedAt").GetString());
        Assert.Equal("0400", (await EntryAsync("a/empty")).GetProperty("mode").GetString());
        Assert.Equal("../large", (await EntryAsync("a/link")).GetProperty("linkTarget").GetString());
        var (one, other) = (await EntryAsync("large"), await EntryAsync("second"));
        Assert.Equal(one.GetProperty("fileId").GetString(), other.GetProperty("fileId").GetString());

        var again = await UnpackAsync(archive);
        Assert.Equal("8 unchanged", Sums(again));
        Assert.Equal(0, again[^1].GetProperty("storedBytes").GetInt64());
        Assert.Equal(1, (await EntryAsync("large")).GetProperty("version").GetInt32());

        large[^1] ^= 1;
        await File.WriteAllBytesAsync(_folder["in", "large"], large);
        await Tool.RunAsync(_folder.Path, "tar", $"--format={format}", "--sort=name", "-C", "in", "-cf", "all.tar", ".");
        var changed = await UnpackAsync(await File.ReadAllBytesAsync(_folder["all.tar"]));
        Assert.Equal("2 replaced, 6 unchanged", Sums(changed));
    }

    [Fact]
    public async Task A_taken_name_is_replaced_renamed_or_refused()
    {
        await _tree.PutAsync("same", "1");
        await _tree.PutAsync("other", "2");
        await _tree.FolderAsync("folder");
        var archive = new TarBytes().File("same", "1").File("other", "3").File("folder", "4").Member('5', "folder/").End();
        var failed = await UnpackAsync(archive, "&conflict=fail");
        Assert.Equal("1 unchanged, 3 failed", Sums(failed));
        Assert.All(failed.Where(line => Is(line, "failed")), line => Assert.Equal("name_taken", line.GetProperty("code").GetString()));

        var renamed = await UnpackAsync(archive, "&conflict=rename");
        Assert.Equal("2 renamed, 2 unchanged", Sums(renamed));
        Assert.Equal("other (2)", renamed.Single(line => Path(line) == "other").GetProperty("name").GetString());

        var replaced = await UnpackAsync(archive);
        Assert.Equal("2 replaced, 1 unchanged, 1 failed", Sums(replaced));
        Assert.Equal("not_a_file", replaced.Single(line => Is(line, "failed")).GetProperty("code").GetString());
        Assert.Equal(("3", "4"), (await _tree.ReadAsync("other"), await _tree.ReadAsync("folder (2)")));
    }

    [Theory]
    [InlineData(7)]
    [InlineData(2_000_000)]
    public async Task A_member_has_the_type_and_the_digest_that_its_header_declares(int length)
    {
        var bytes = ApiClient.Bytes(length);
        var digest = Encoding.ASCII.GetBytes(ApiClient.Hex(bytes));
        var wrong = Encoding.ASCII.GetBytes(new string('0', 64));
        TarBytes Add(TarBytes to, string name, params (string, byte[])[] records) =>
            (records.Length == 0 ? to : to.Pax(records)).Member('0', Encoding.UTF8.GetBytes(name), bytes);
        var archive = new TarBytes();
        Add(archive, "film", ("CHUNKUPLOAD.type", "video/mp4"u8.ToArray()), ("CHUNKUPLOAD.sha256", digest));
        Add(archive, "plain", ("CHUNKUPLOAD.later", "x"u8.ToArray()));
        Add(archive, "wrong", ("CHUNKUPLOAD.sha256", wrong));
        Add(archive, "no type", ("CHUNKUPLOAD.type", "video"u8.ToArray()));
        Add(archive, "no digest", ("CHUNKUPLOAD.sha256", "x"u8.ToArray()));
        var lines = await UnpackAsync(archive.End());
        Assert.Equal("2 created, 3 failed", Sums(lines));
        string Code(string name) => lines.Single(line => Path(line) == name).GetProperty("code").GetString()!;
        Assert.Equal(
            ("file_digest_mismatch", "invalid_header", "malformed_digest"), (Code("wrong"), Code("no type"), Code("no digest")));
        foreach (var (name, type) in ((string, string)[])[("film", "video/mp4"), ("plain", "application/octet-stream")])
        {
            var file = lines.Single(line => Path(line) == name).GetProperty("fileId").GetString();
            Assert.Equal(file, (await EntryAsync(name)).GetProperty("fileId").GetString());
            using var answer = await _tree.Http.GetAsync(new Uri($"/api/files/{file}", UriKind.Relative));
            Assert.Equal(type, (await TreeClient.JsonAsync(answer, HttpStatusCode.OK)).GetProperty("contentType").GetString());
        }

        Assert.Equal(["film", "plain"], await _tree.PathsAsync());
    }

    [Fact]
    public async Task A_header_without_mode_and_time_says_nothing_of_them()
    {
        var archive = new TarBytes().File("a", "1").ToArray();
        archive.AsSpan(100, 8).Clear();
        archive.AsSpan(136, 12).Clear();
        archive.AsSpan(148, 8).Fill((byte)' ');
        Encoding.ASCII.GetBytes($"{Convert.ToString(archive[..512].Sum(one => (int)one), 8).PadLeft(6, '0')}\0").CopyTo(archive, 148);
        Assert.Equal("1 created", Sums(await UnpackAsync([.. archive, .. new byte[1024]])));
        var entry = await EntryAsync("a");
        Assert.False(entry.TryGetProperty("mode", out var mode) && mode.ValueKind != JsonValueKind.Null);
        Assert.False(entry.GetProperty("modifiedAt").GetString()!.StartsWith("1970", StringComparison.Ordinal));
    }

    [Fact]
    public async Task Of_two_members_with_one_path_the_later_one_stays()
    {
        var archive = new TarBytes();
        for (var i = 0; i < 50; i++)
            archive.File($"a/{i % 5}", $"{i}");
        Assert.Equal("5 created, 45 replaced", Sums(await UnpackAsync(archive.End())));
        Assert.Equal("49", await _tree.ReadAsync("a/4"));
    }

    [Fact]
    public async Task A_member_that_cannot_be_stored_is_reported_and_none_leaves_the_folder()
    {
        byte[] deep = Encoding.UTF8.GetBytes(string.Join('/', Enumerable.Repeat("d", 200)));
        var archive = new TarBytes()
            .File("/etc/passwd", "x").File("../outside", "x").File("a/../../outside", "x").File("..", "x")
            .Member('2', "link", "").Member('1', "hard", "../outside").Member('1', "hard 2", "never came")
            .Member('3', "device").Member('4', "device 2").Member('6', "pipe").Member('Z', "unknown")
            .Member('0', [(byte)'b', 0xFF], "x"u8.ToArray()).Member('0', deep, "x"u8.ToArray())
            .Member('0', Encoding.UTF8.GetBytes(new string('n', 256)), "x"u8.ToArray())
            .Member('S', "sparse").Pax(("GNU.sparse.major", "1"u8.ToArray())).File("sparse 2", "x")
            .File("./good//name", "x").Member('5', "./").Member('V', "label")
            .End();
        var lines = await UnpackAsync(archive);
        Assert.Equal("1 created, 16 failed", Sums(lines));
        Assert.True(lines[^1].GetProperty("complete").GetBoolean());
        var codes = lines.Where(line => Is(line, "failed")).ToLookup(line => line.GetProperty("code").GetString(), Path);
        Assert.Equal(
            new[]
            {
                "/etc/passwd", "../outside", "a/../../outside", "..", "link", "hard", "b\uFFFD", Encoding.UTF8.GetString(deep),
                new string('n', 256),
            }.Order(StringComparer.Ordinal),
            codes["invalid_path"].Order(StringComparer.Ordinal));
        Assert.Equal(
            ["device", "device 2", "pipe", "sparse", "sparse 2", "unknown"],
            codes["member_not_supported"].Order(StringComparer.Ordinal));
        Assert.Equal(["hard 2"], codes["no_entry"]);
        Assert.Equal(["good/", "good/name"], await _tree.PathsAsync());
        Assert.All(lines.Where(line => Is(line, "failed")), line => Assert.NotEmpty(line.GetProperty("detail").GetString()!));
    }

    [Fact]
    public async Task A_stream_that_is_broken_keeps_what_came()
    {
        var huge = new byte[12];
        huge[0] = 0x80;
        huge[4] = 0x40;
        foreach (var (name, rest, code) in new[]
        {
            ("cut in a header", new TarBytes().Raw(new byte[100]).ToArray(), "interrupted"),
            ("cut in the data", new TarBytes().File("b", new string('x', 600)).ToArray()[..700], "interrupted"),
            ("cut in a large file", new TarBytes().File("b", new string('x', 2_000_000)).ToArray()[..1_500_000], "interrupted"),
            ("without an end", [], "interrupted"),
            ("wrong checksum", new TarBytes().Member('0', "b"u8.ToArray(), [], wrongChecksum: true).End(), "malformed_tar"),
            ("no number", new TarBytes().Member('0', "b"u8.ToArray(), [], size: "x"u8.ToArray()).End(), "malformed_tar"),
            ("absurd size", new TarBytes().Member('0', "b"u8.ToArray(), [], size: huge).End(), "interrupted"),
            ("absurd extended header", new TarBytes().Member('x', "b"u8.ToArray(), [], size: "77777777777"u8.ToArray()).End(),
                "malformed_tar"),
            ("damaged extended header", new TarBytes().Member('x', "b"u8.ToArray(), "99 path=b\n"u8.ToArray()).End(), "malformed_tar"),
        })
        {
            var lines = await UnpackAsync([.. new TarBytes().File($"{name}/a", "1").ToArray(), .. rest]);
            Assert.False(lines[^1].GetProperty("complete").GetBoolean(), name);
            Assert.Equal((name, code), (name, lines[^1].GetProperty("code").GetString()));
            Assert.Equal("1", await _tree.ReadAsync($"{name}/a"));
        }

        Assert.DoesNotContain("b", await _tree.PathsAsync());
    }

    [Theory]
    [InlineData("no archive at all, but a text of more than one block")]
    [InlineData("\u001f\u008b")]
    [InlineData("")]
    public async Task A_body_that_is_no_archive_is_refused(string body)
    {
        using var answer = await PostAsync(Encoding.Latin1.GetBytes(body.Length > 10 ? body.PadRight(600) : body), "");
        await ApiClient.ProblemAsync(answer, HttpStatusCode.BadRequest, "malformed_tar");
    }

    [Fact]
    public async Task A_client_that_disconnects_finds_what_it_had_sent()
    {
        var archive = new TarBytes();
        for (var i = 0; i < 300; i++)
            archive.File($"f{i:d3}", $"content {i}");
        var bytes = archive.End();
        await _tree.PutAsync("first", "");
        using (var socket = await SendAsync(bytes.Length, bytes.AsMemory(0, 1024 * 200 + 300)))
        {
            await Eventually.HoldsAsync(async () =>
                (await _tree.ListAsync("", "?limit=1000")).GetProperty("items").GetArrayLength() >= 201);
            socket.Client.LingerState = new LingerOption(true, 0);
        }

        Assert.Equal("100 created, 200 unchanged", Sums(await UnpackAsync(bytes)));
    }

    [Fact]
    public async Task A_file_that_does_not_all_come_has_a_line_of_its_own()
    {
        var archive = new TarBytes().File("good", "x").File("cut", new string('x', 3000)).ToArray();
        var lines = await UnpackAsync(archive[..^1500]);
        Assert.Equal("1 created, 1 failed", Sums(lines));
        Assert.Equal("interrupted", lines.Single(line => Path(line) == "cut").GetProperty("code").GetString());
        Assert.False(lines[^1].GetProperty("complete").GetBoolean());
        Assert.Equal(["good"], await _tree.PathsAsync());
    }

    [Fact]
    public async Task A_file_with_the_name_of_the_folder_itself_is_refused()
    {
        var lines = await UnpackAsync(new TarBytes().Member('5', "./").File(".", "lost").Member('0', "./").End());
        Assert.Equal("1 failed", Sums(lines));
        Assert.Equal("invalid_path", lines[0].GetProperty("code").GetString());
    }

    [Fact]
    public async Task A_small_or_empty_file_costs_one_record()
    {
        await UnpackAsync(new TarBytes().File("empty 1", "").File("empty 2", "").File("small", "x").End());
        await _tree.PutAsync("put", "x");
        await _tree.PutAsync("put empty", "");
        var digest = System.Security.Cryptography.SHA256.HashData("x"u8);
        await _tree.PutAsync("put with digest", "x", headers: ("X-Content-SHA256", Convert.ToHexStringLower(digest)));
        Assert.Equal("x", await _tree.ReadAsync("put with digest"));
        await TreeClient.RefusedAsync(
            await _tree.TryPutAsync("wrong", "y", "", ("X-Content-SHA256", Convert.ToHexStringLower(digest))),
            HttpStatusCode.UnprocessableEntity, "file_digest_mismatch");
        Assert.Equal(["empty 1", "empty 2", "put", "put empty", "put with digest", "small"], await _tree.PathsAsync());

        await using var ledger = new Npgsql.NpgsqlConnection(fixture.Service.ConnectionString);
        var twice = await Dapper.SqlMapper.QueryAsync<string>(
            ledger,
            """
            select u.file_name from uploads u join entry_versions v on v.upload = u.id join entries e on e.id = v.entry
            join entries p on p.id = e.parent
            where p.name = @Root and u.created_at <> u.completed_at
            """,
            new { _tree.Root });
        // An upload that is created and completed in one transaction has one time.
        Assert.Empty(twice);
    }

    [Fact]
    public async Task A_client_that_reads_afterwards_gets_the_failures_that_fit_and_the_sums()
    {
        var archive = new TarBytes();
        var folders = string.Join('/', Enumerable.Repeat(new string('f', 200), 18));
        for (var i = 0; i < 3000; i++)
            archive.Member('6', $"{folders}/{i}");
        var bytes = archive.File("good", "x").End();
        await _tree.FolderAsync("x");
        using var socket = await SendAsync(bytes.Length, bytes);
        var answer = await new StreamReader(socket.GetStream()).ReadToEndAsync();
        var last = JsonSerializer.Deserialize<JsonElement>(answer.Split('\n').Last(line => line.StartsWith('{')));
        Assert.True(last.GetProperty("complete").GetBoolean());
        Assert.Equal((3000, 1), (last.GetProperty("failed").GetInt32(), last.GetProperty("created").GetInt32()));
        Assert.InRange(last.GetProperty("omittedLines").GetInt32(), 1, 2999);
    }

    [Fact]
    public async Task A_folder_called_copy_can_be_unpacked_into()
    {
        using var content = new ByteArrayContent(new TarBytes().File(_tree.Root, "1").End());
        using var answer = await _tree.Http.PostAsync(new Uri("/api/tree/copy?unpack=tar&parents=true", UriKind.Relative), content);
        Assert.Contains("\"created\":1", await answer.Content.ReadAsStringAsync(), StringComparison.Ordinal);
    }

    private static string? Path(JsonElement line) => line.TryGetProperty("path", out var path) ? path.GetString() : null;

    private static bool Is(JsonElement line, string outcome) => line.TryGetProperty("outcome", out var word) && word.GetString() == outcome;

    private static string Sums(List<JsonElement> lines)
    {
        var sums = new[] { "created", "replaced", "renamed", "unchanged", "failed" }
            .Select(name => (Name: name, Count: lines[^1].GetProperty(name).GetInt32())).ToList();
        Assert.All(sums, sum => Assert.Equal(sum.Count, lines.Count(line => Is(line, sum.Name))));
        return string.Join(", ", sums.Where(sum => sum.Count > 0).Select(sum => $"{sum.Count} {sum.Name}"));
    }

    private async Task<JsonElement> EntryAsync(string path) =>
        await TreeClient.JsonAsync(await _tree.Http.GetAsync(_tree.At(path, "?format=json")), HttpStatusCode.OK) is var entry
            && entry.TryGetProperty("folder", out var folder) ? folder : entry;

    private Task<HttpResponseMessage> PostAsync(byte[] archive, string query) =>
        _tree.Http.PostAsync(
            new Uri($"/api/tree/{_tree.Root}?unpack=tar&parents=true{query}", UriKind.Relative), new ByteArrayContent(archive));

    private async Task<List<JsonElement>> UnpackAsync(byte[] archive, string query = "")
    {
        using var answer = await PostAsync(archive, query);
        var text = await answer.Content.ReadAsStringAsync();
        Assert.True(answer.StatusCode == HttpStatusCode.OK, text);
        Assert.Equal("application/x-ndjson", answer.Content.Headers.ContentType!.MediaType);
        return [.. text.Split('\n', StringSplitOptions.RemoveEmptyEntries).Select(line => JsonSerializer.Deserialize<JsonElement>(line))];
    }

    private async Task<TcpClient> SendAsync(int length, ReadOnlyMemory<byte> bytes)
    {
        var client = new TcpClient();
        await client.ConnectAsync(fixture.Service.Address.Host, fixture.Service.Address.Port);
        await client.GetStream().WriteAsync(Encoding.ASCII.GetBytes(
            $"POST /api/tree/{_tree.Root}?unpack=tar&parents=true HTTP/1.1\r\nHost: {fixture.Service.Address.Authority}\r\n"
            + $"Authorization: Bearer {fixture.Service.Key}\r\nContent-Length: {length}\r\nConnection: close\r\n\r\n"));
        await client.GetStream().WriteAsync(bytes);
        return client;
    }
}
