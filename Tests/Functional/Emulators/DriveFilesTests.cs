using System.IO.Compression;
using System.Net;
using System.Net.Http.Headers;
using System.Text.Json;

namespace ChunkUpload.Tests.Functional.Emulators;

/// <summary>Metadata, lists, contents, documents and changes as Drive gives them.</summary>
public sealed class DriveFilesTests : IAsyncLifetime
{
    private DriveRig _rig = null!;

    public async Task InitializeAsync() => _rig = await DriveRig.StartAsync();

    public async Task DisposeAsync() => await _rig.DisposeAsync();

    [Fact]
    public async Task Only_the_fields_that_are_asked_for_come()
    {
        var ids = await _rig.SeedAsync(new { items = new[] { new { name = "a.txt", text = "12345" } } });
        var path = $"{DriveRig.Files}/{ids["a.txt"]}";
        Assert.Equal(["kind", "id", "name", "mimeType"], Names(await _rig.GetAsync(path)));
        Assert.Equal(["version", "size"], Names(await _rig.GetAsync($"{path}?fields=size,version")));
        var nested = await _rig.GetAsync($"{path}?fields=capabilities/canDownload,owners(emailAddress,me)");
        Assert.Equal(["canDownload"], Names(nested.GetProperty("capabilities")));
        Assert.Equal(["me", "emailAddress"], Names(nested.GetProperty("owners")[0]));
        Assert.Contains("sha256Checksum", Names(await _rig.GetAsync($"{path}?fields=*")));
        Assert.Equal(JsonValueKind.String, (await _rig.GetAsync($"{path}?fields=size")).GetProperty("size").ValueKind);
        var wrong = await _rig.GetAsync($"{path}?fields=size,colour", HttpStatusCode.BadRequest);
        Assert.Equal(
            ("invalidParameter", "Invalid field selection colour"),
            (DriveRig.Reason(wrong), wrong.GetProperty("error").GetProperty("message").GetString()));
    }

    [Theory]
    [InlineData("'root' in parents", "folder it's.txt old.bin Twin Twin gone.txt")]
    [InlineData("'root' in parents and trashed = false", "folder it's.txt old.bin Twin Twin")]
    [InlineData("'root' in parents and not trashed=true", "folder it's.txt old.bin Twin Twin")]
    [InlineData("name = 'it\\'s.txt'", "it's.txt")]
    [InlineData("name='twin'", "Twin Twin")]
    [InlineData("name contains 'Tw' and mimeType != 'text/plain'", "Twin Twin")]
    [InlineData("name contains 'win'", "")]
    [InlineData("mimeType = 'application/vnd.google-apps.folder'", "folder")]
    [InlineData("mimeType contains 'folder' or (name = 'old.bin' or name = 'inner')", "folder inner old.bin")]
    [InlineData("modifiedTime < '2021-01-01T00:00:00Z'", "old.bin")]
    [InlineData("modifiedTime > '2020-01-01T00:00:00' and modifiedTime <= '2020-06-01T00:00:00.000Z'", "old.bin")]
    [InlineData("trashed = true", "gone.txt")]
    [InlineData("'me' in owners and starred = true", "folder")]
    public async Task A_search_finds(string q, string expected)
    {
        await _rig.SeedAsync(new
        {
            items = new object[]
            {
                new { name = "folder", starred = true, items = new[] { new { name = "inner", text = "" } } },
                new { name = "it's.txt", text = "" },
                new { name = "old.bin", text = "", modified = "2020-06-01T00:00:00Z" },
                new { name = "Twin", text = "" },
                new { name = "Twin", text = "" },
                new { name = "gone.txt", text = "", trashed = true },
            },
        });
        Assert.Equal(expected, string.Join(' ', await _rig.NamesAsync(q)));
    }

    [Theory]
    [InlineData("name")]
    [InlineData("name = ")]
    [InlineData("name = 'a")]
    [InlineData("'root' parents")]
    [InlineData("size > '5'")]
    [InlineData("(trashed = true")]
    public async Task A_wrong_search_is_refused(string q) => Assert.Equal(
        "invalid", DriveRig.Reason(await _rig.GetAsync($"{DriveRig.Files}?q={Uri.EscapeDataString(q)}", HttpStatusCode.BadRequest)));

    [Fact]
    public async Task Lists_have_pages_and_may_be_incomplete_or_begin_empty()
    {
        await _rig.SeedAsync(new { items = Enumerable.Range(0, 25).Select(number => new { name = $"{number:D2}", text = "" }) });
        var names = new List<string>();
        var sizes = new List<int>();
        _rig.Emulator.Switches.Set("emptyPages", true);
        for (string? token = ""; token is not null;)
        {
            var page = await _rig.GetAsync(
                $"{DriveRig.Files}?pageSize=10&orderBy=name desc&pageToken={token}&fields=nextPageToken,files/name");
            names.AddRange(page.GetProperty("files").EnumerateArray().Select(file => file.GetProperty("name").GetString()!));
            sizes.Add(page.GetProperty("files").GetArrayLength());
            token = page.TryGetProperty("nextPageToken", out var next) ? next.GetString() : null;
        }

        Assert.Equal([0, 10, 10, 5], sizes);
        Assert.Equal(Enumerable.Range(0, 25).Reverse().Select(number => $"{number:D2}"), names);
        _rig.Emulator.Switches.Set("incompleteSearch", true);
        Assert.True((await _rig.GetAsync(DriveRig.Files)).GetProperty("incompleteSearch").GetBoolean());
        await _rig.GetAsync($"{DriveRig.Files}?pageToken=unknown", HttpStatusCode.BadRequest);
    }

    [Theory]
    [InlineData("bytes=0-9", 206, 0, 10)]
    [InlineData("bytes=999990-", 206, 999_990, 10)]
    [InlineData("bytes=999990-2000000", 206, 999_990, 10)]
    [InlineData("bytes=-5", 206, 999_995, 5)]
    [InlineData(null, 200, 0, 1_000_000)]
    public async Task Ranges_of_a_content_come_exactly(string? range, int status, int from, int count)
    {
        var ids = await _rig.SeedAsync(new { items = new[] { new { name = "a", size = 1_000_000, generator = "digest" } } });
        using var request = new HttpRequestMessage(HttpMethod.Get, $"{DriveRig.Files}/{ids["a"]}?alt=media");
        request.Headers.Range = range is null ? null : RangeHeaderValue.Parse(range);
        using var answer = await _rig.Client.SendAsync(request);
        Assert.Equal(status, (int)answer.StatusCode);
        Assert.Equal(DriveRig.Data(1_000_000)[from..(from + count)], await answer.Content.ReadAsByteArrayAsync());
        if (range is not null)
            Assert.Equal($"bytes {from}-{from + count - 1}/1000000", answer.Content.Headers.ContentRange!.ToString());
    }

    [Fact]
    public async Task A_range_behind_the_end_is_416_with_the_size()
    {
        var ids = await _rig.SeedAsync(new { items = new[] { new { name = "a", text = "12345" } } });
        using var request = new HttpRequestMessage(HttpMethod.Get, $"{DriveRig.Files}/{ids["a"]}?alt=media");
        request.Headers.Range = new RangeHeaderValue(5, null);
        using var answer = await _rig.Client.SendAsync(request);
        Assert.Equal((416, "bytes */5"), ((int)answer.StatusCode, answer.Content.Headers.ContentRange!.ToString()));
    }

    [Fact]
    public async Task Documents_have_no_size_and_are_exported_up_to_ten_megabytes()
    {
        var ids = await _rig.SeedAsync(new
        {
            items = new[]
            {
                new { name = "Notes", document = "document", exportBytes = 0, description = "Hello" },
                new { name = "Book", document = "document", exportBytes = 20_000_000, description = "" },
            },
        });
        const string docx = "application/vnd.openxmlformats-officedocument.wordprocessingml.document";
        var file = await _rig.GetAsync($"{DriveRig.Files}/{ids["Notes"]}?fields=*");
        Assert.DoesNotContain("size", Names(file));
        Assert.DoesNotContain("md5Checksum", Names(file));
        Assert.Contains(docx, Names(file.GetProperty("exportLinks")));
        var bytes = await _rig.Client.GetByteArrayAsync(file.GetProperty("exportLinks").GetProperty(docx).GetString());
        using var zip = new ZipArchive(new MemoryStream(bytes));
        using var text = new StreamReader(zip.GetEntry("word/document.xml")!.Open());
        Assert.Contains("Hello", await text.ReadToEndAsync(), StringComparison.Ordinal);
        Assert.Equal("fileNotDownloadable", DriveRig.Reason(
            await _rig.GetAsync($"{DriveRig.Files}/{ids["Notes"]}?alt=media", HttpStatusCode.Forbidden)));
        Assert.Equal("exportSizeLimitExceeded", DriveRig.Reason(
            await _rig.GetAsync($"{DriveRig.Files}/{ids["Book"]}/export?mimeType={docx}", HttpStatusCode.Forbidden)));
    }

    [Fact]
    public async Task Closed_and_flagged_files_are_refused_by_their_reasons()
    {
        await _rig.SeedAsync(new
        {
            account = DriveRig.Ben,
            items = new object[]
            {
                new
                {
                    name = "closed", id = "1closed", text = "c", canDownload = false,
                    permissions = new Dictionary<string, string> { [DriveRig.Ann] = "reader" },
                },
            },
        });
        await _rig.SeedAsync(new { items = new object[] { new { name = "bad", id = "1bad", text = "bad", abusive = true } } });
        Assert.Equal("cannotDownloadFile", DriveRig.Reason(
            await _rig.GetAsync($"{DriveRig.Files}/1closed?alt=media", HttpStatusCode.Forbidden)));
        Assert.Equal("cannotDownloadAbusiveFile", DriveRig.Reason(
            await _rig.GetAsync($"{DriveRig.Files}/1bad?alt=media", HttpStatusCode.Forbidden)));
        Assert.Equal("bad", await _rig.Client.GetStringAsync($"{DriveRig.Files}/1bad?alt=media&acknowledgeAbuse=true"));
    }

    [Fact]
    public async Task Shared_items_shortcuts_and_resource_keys_are_seen_by_whom_they_are_for()
    {
        await _rig.SeedAsync(new
        {
            account = DriveRig.Ben,
            items = new object[]
            {
                new
                {
                    name = "shared", id = "1shared", items = new[] { new { name = "inner", text = "x" } },
                    permissions = new Dictionary<string, string> { [DriveRig.Ann] = "reader" },
                },
                new
                {
                    name = "linked", id = "1linked", text = "link", resourceKey = "0-key",
                    permissions = new Dictionary<string, string> { ["anyone"] = "reader" },
                },
                new { name = "private", id = "1private", text = "p" },
            },
        });
        await _rig.SeedAsync(new { items = new[] { new { name = "way", id = "1way", target = "1linked" } } });
        Assert.Equal(["shared"], await _rig.NamesAsync("sharedWithMe"));
        Assert.Equal(["inner"], await _rig.NamesAsync("'1shared' in parents"));
        Assert.DoesNotContain("parents", Names(await _rig.GetAsync($"{DriveRig.Files}/1shared?fields=*")));
        await _rig.GetAsync($"{DriveRig.Files}/1private", HttpStatusCode.NotFound);
        Assert.Equal("insufficientFilePermissions", DriveRig.Reason(
            await _rig.SendAsync("PATCH", $"{DriveRig.Files}/1shared", new { name = "mine" }, HttpStatusCode.Forbidden)));

        var way = (await _rig.GetAsync($"{DriveRig.Files}/1way?fields=shortcutDetails")).GetProperty("shortcutDetails");
        Assert.Equal(("1linked", "0-key"), (way.GetProperty("targetId").GetString(), way.GetProperty("targetResourceKey").GetString()));
        await _rig.GetAsync($"{DriveRig.Files}/1linked", HttpStatusCode.NotFound);
        _rig.Client.DefaultRequestHeaders.Add("X-Goog-Drive-Resource-Keys", "1linked/0-key,other/key");
        Assert.Equal("link", await _rig.Client.GetStringAsync($"{DriveRig.Files}/1linked?alt=media"));
    }

    [Fact]
    public async Task Shared_drives_are_seen_by_who_says_that_it_knows_them()
    {
        var items = new[] { new { name = "plan", text = "p" } };
        var ids = await _rig.SeedAsync(new { drives = new[] { new { name = "Team", items } } });
        var (drive, plan) = (ids["Team:"], ids["Team:plan"]);
        Assert.Equal("Team", (await _rig.GetAsync("/drive/v3/drives")).GetProperty("drives")[0].GetProperty("name").GetString());
        await _rig.GetAsync($"{DriveRig.Files}/{plan}", HttpStatusCode.NotFound);
        await _rig.GetAsync($"{DriveRig.Files}/{plan}?supportsAllDrives=true");
        Assert.Empty(await _rig.NamesAsync("trashed=false"));
        const string all = "&supportsAllDrives=true&includeItemsFromAllDrives=true";
        Assert.Equal(["plan"], await _rig.NamesAsync("trashed=false", $"{all}&corpora=drive&driveId={drive}"));
        Assert.Equal(["plan"], await _rig.NamesAsync($"'{drive}' in parents", all));
        var file = await _rig.GetAsync($"{DriveRig.Files}/{plan}?supportsAllDrives=true&fields=*");
        Assert.Equal(drive, file.GetProperty("driveId").GetString());
        Assert.DoesNotContain("owners", Names(file));
    }

    [Fact]
    public async Task Changes_tell_the_latest_state_and_removals_once()
    {
        await _rig.SeedAsync(new { items = new[] { new { name = "before", id = "1before", text = "" } } });
        var token = (await _rig.GetAsync("/drive/v3/changes/startPageToken")).GetProperty("startPageToken").GetString();
        var made = (await _rig.SendAsync("POST", DriveRig.Files, new { name = "made" })).GetProperty("id").GetString();
        await _rig.SendAsync("PATCH", $"{DriveRig.Files}/{made}", new { name = "renamed" });
        await _rig.SendAsync("PATCH", $"{DriveRig.Files}/1before", new { trashed = true });
        var gone = (await _rig.SendAsync("POST", DriveRig.Files, new { name = "gone" })).GetProperty("id").GetString();
        await _rig.SendAsync("DELETE", $"{DriveRig.Files}/{gone}", null, HttpStatusCode.NoContent);
        const string fields = "&fields=newStartPageToken,changes(removed,fileId,file(name,trashed))";
        var page = await _rig.GetAsync($"/drive/v3/changes?pageToken={token}{fields}");
        Assert.Equal(
            [(made, false), ("1before", false), (gone, true)],
            page.GetProperty("changes").EnumerateArray().Select(change =>
                (change.GetProperty("fileId").GetString(), change.GetProperty("removed").GetBoolean())));
        Assert.Equal("renamed", page.GetProperty("changes")[0].GetProperty("file").GetProperty("name").GetString());
        Assert.True(page.GetProperty("changes")[1].GetProperty("file").GetProperty("trashed").GetBoolean());
        var next = page.GetProperty("newStartPageToken").GetString();
        Assert.Empty((await _rig.GetAsync($"/drive/v3/changes?pageToken={next}{fields}")).GetProperty("changes").EnumerateArray());
        await _rig.GetAsync("/drive/v3/changes?pageToken=99999999", HttpStatusCode.BadRequest);
    }

    [Fact]
    public async Task Files_move_by_parents_and_copies_share_nothing_but_bytes()
    {
        var ids = await _rig.SeedAsync(new
        {
            items = new object[] { new { name = "to", items = Array.Empty<object>() }, new { name = "a.txt", text = "content" } },
        });
        var (to, file) = (ids["to"], ids["a.txt"]);
        Assert.Equal("cannotAddParent", DriveRig.Reason(
            await _rig.SendAsync("PATCH", $"{DriveRig.Files}/{file}?addParents={to}", new { }, HttpStatusCode.Forbidden)));
        Assert.Equal("fieldNotWritable", DriveRig.Reason(
            await _rig.SendAsync("PATCH", $"{DriveRig.Files}/{file}", new { parents = new[] { to } }, HttpStatusCode.Forbidden)));
        var copy = await _rig.SendAsync("POST", $"{DriveRig.Files}/{file}/copy", new { });
        await _rig.SendAsync("PATCH", $"{DriveRig.Files}/{file}?addParents={to}&removeParents=root", new { });
        Assert.Equal(["a.txt"], await _rig.NamesAsync($"'{to}' in parents"));
        await _rig.SendAsync("DELETE", $"{DriveRig.Files}/{to}", null, HttpStatusCode.NoContent);
        await _rig.GetAsync($"{DriveRig.Files}/{file}", HttpStatusCode.NotFound);
        Assert.Equal("Copy of a.txt", copy.GetProperty("name").GetString());
        Assert.Equal("content", await _rig.Client.GetStringAsync($"{DriveRig.Files}/{copy.GetProperty("id").GetString()}?alt=media"));
    }

    private static IEnumerable<string> Names(JsonElement json) => json.EnumerateObject().Select(each => each.Name);
}
