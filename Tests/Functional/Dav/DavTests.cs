using System.Diagnostics.CodeAnalysis;
using System.Globalization;
using System.Net.Http.Json;
using System.Net;
using System.Text.Json;
using System.Xml.Linq;
using ChunkUpload.Core.Access;
using ChunkUpload.Tests.Functional.Api;
using ChunkUpload.Tests.Support;
using Dapper;
using Npgsql;

namespace ChunkUpload.Tests.Functional.Dav;

/// <summary>The tree as WebDAV: files and folders are read, written, copied, moved and removed as a program for drives does it.</summary>
[Collection(FilesCollection.Name)]
[SuppressMessage("Design", "CA1001", Justification = "xUnit calls DisposeAsync of IAsyncLifetime.")]
public sealed class DavTests(ApiFixture fixture) : IAsyncLifetime
{
    private const string Patch = """
        <D:propertyupdate xmlns:D="DAV:"><D:set><D:prop><a xmlns="urn:a">1</a></D:prop></D:set></D:propertyupdate>
        """;

    private static readonly XNamespace Dav = DavClient.Dav;

    private readonly DavClient _dav = new(fixture.Service, $"dav-{Guid.NewGuid():n}");

    public Task InitializeAsync() => _dav.FolderAsync("");

    public Task DisposeAsync()
    {
        _dav.Dispose();
        return Task.CompletedTask;
    }

    [Fact]
    public async Task A_file_is_written_read_described_and_replaced()
    {
        Assert.Equal(201, await _dav.StatusAsync("PUT", "a%20%C3%BC.txt", "one", ("X-OC-Mtime", "1769765400")));
        Assert.Equal("one", await _dav.ReadAsync("a%20%C3%BC.txt"));
        var first = await _dav.PropertyAsync("a%20%C3%BC.txt", Dav + "getetag");
        Assert.Equal("Fri, 30 Jan 2026 09:30:00 GMT", (await _dav.PropertyAsync("a%20%C3%BC.txt", Dav + "getlastmodified"))!.Value);
        Assert.Equal("3", (await _dav.PropertyAsync("a%20%C3%BC.txt", Dav + "getcontentlength"))!.Value);
        Assert.Equal(204, await _dav.StatusAsync("PUT", "a%20%C3%BC.txt", "two"));
        using var answer = await _dav.SendAsync("HEAD", "a%20%C3%BC.txt");
        Assert.NotEqual(first!.Value, answer.Headers.ETag!.Tag);
        Assert.Equal((await _dav.PropertyAsync("a%20%C3%BC.txt", Dav + "getetag"))!.Value, answer.Headers.ETag.Tag);
        Assert.Equal([$"{_dav.Root}/a%20%C3%BC.txt"], await _dav.ListAsync(""));
        using var part = await _dav.SendAsync("GET", "a%20%C3%BC.txt", null, ("Range", "bytes=1-"));
        Assert.Equal((HttpStatusCode.PartialContent, "wo"), (part.StatusCode, await part.Content.ReadAsStringAsync()));
    }

    [Fact]
    public async Task A_write_has_the_status_that_RFC_4918_gives_it()
    {
        await _dav.FolderAsync("f");
        await _dav.PutAsync("x", "1");
        (string Method, string Path, int Status)[] expected =
        [
            ("MKCOL", "f", 405), ("MKCOL", "x", 405), ("MKCOL", "none/g", 409), ("PUT", "none/g", 409), ("PUT", "f", 405),
            ("PUT", "new/", 405), ("PUT", "x/y", 409), ("DELETE", "none", 404), ("DELETE", "/dav/shared/", 403),
            ("PUT", "/dav/new", 404), ("PUT", "/dav/shared", 403), ("PROPFIND", "none", 404), ("GET", "none", 404), ("POST", "x", 405),
        ];
        foreach (var (method, path, status) in expected)
        {
            (string, string)[] headers = method == "PROPFIND" ? [("Depth", "0")] : [];
            var code = await _dav.StatusAsync(method, path, method == "PUT" ? "1" : null, headers);
            Assert.True(code == status, $"{method} {path}: {code} instead of {status}");
        }

        Assert.Equal(415, await _dav.StatusAsync("MKCOL", "g", "<x/>"));
        using var deep = await _dav.SendAsync("MKCOL", string.Join('/', Enumerable.Repeat("d", TreePath.MaxLevels)));
        Assert.Equal((HttpStatusCode.Conflict, "too_deep"), (deep.StatusCode, deep.Headers.GetValues("X-Error-Code").Single()));
        Assert.Equal(204, await _dav.StatusAsync("DELETE", "f/"));
        Assert.Equal([$"{_dav.Root}/x"], await _dav.ListAsync(""));
    }

    [Fact]
    public async Task A_condition_is_compared_before_a_file_is_written()
    {
        await _dav.PutAsync("x", "1");
        var tag = (await _dav.PropertyAsync("x", Dav + "getetag"))!.Value;
        Assert.Equal(412, await _dav.StatusAsync("PUT", "x", "2", ("If-None-Match", "*")));
        Assert.Equal(412, await _dav.StatusAsync("PUT", "x", "2", ("If-Match", "\"none\"")));
        Assert.Equal(204, await _dav.StatusAsync("PUT", "x", "2", ("If-Match", tag)));
        Assert.Equal(412, await _dav.StatusAsync("PUT", "x", "3", ("If-Match", tag)));
        Assert.Equal(412, await _dav.StatusAsync("DELETE", "x", null, ("If-Match", tag)));
        var now = (await _dav.PropertyAsync("x", Dav + "getetag"))!.Value;
        foreach (var method in new[] { "PUT", "DELETE" })
        {
            Assert.Equal(412, await _dav.StatusAsync(method, "x", "3", ("If-None-Match", $"\"none\", {now}")));
            Assert.Equal(412, await _dav.StatusAsync(method, "x", "3", ("If-None-Match", $"W/{now}")));
            Assert.Equal(400, await _dav.StatusAsync(method, "x", "3", ("If-None-Match", "none")));
        }

        Assert.Equal(204, await _dav.StatusAsync("PUT", "x", "2", ("If-None-Match", tag)));
        Assert.Equal(201, await _dav.StatusAsync("PUT", "free", "2", ("If-None-Match", tag)));
        Assert.Equal(400, await _dav.StatusAsync("PUT", "x", "3", ("Content-Range", "bytes 0-0/2")));
        Assert.Equal(400, await _dav.StatusAsync("PUT", "x", "3", ("X-Expected-Entity-Length", "2")));
        Assert.Equal("2", await _dav.ReadAsync("x"));
    }

    [Fact]
    public async Task A_condition_is_compared_before_an_entry_is_changed()
    {
        (string Method, string? Body)[] methods =
            [("PUT", "2"), ("PROPPATCH", Patch), ("LOCK", DavClient.Exclusive), ("COPY", null), ("MOVE", null), ("DELETE", null)];
        var (earlier, same) = ("Fri, 30 Jan 2026 09:29:59 GMT", "Fri, 30 Jan 2026 09:30:00 GMT");
        foreach (var (method, body) in methods)
        {
            await _dav.PutAsync(method, "1", ("X-OC-Mtime", "1769765400.5"));
            var tag = (await _dav.PropertyAsync(method, Dav + "getetag"))!.Value;
            var to = ("Destination", $"{_dav.Root}/{method}.to");
            (string, string)[] unmet = [("If-Match", "\"none\""), ("If-None-Match", "*"), ("If-Unmodified-Since", earlier)];
            foreach (var condition in unmet)
                Assert.Equal((method, condition, 412), (method, condition, await _dav.StatusAsync(method, method, body, to, condition)));
            Assert.Equal("1", await _dav.ReadAsync(method));
            Assert.Equal(404, await _dav.StatusAsync("HEAD", $"{method}.to"));
            // If there is If-Match, the time is ignored.
            var status = method is "PUT" or "MOVE" or "DELETE"
                ? await _dav.StatusAsync(method, method, body, to, ("If-Unmodified-Since", same))
                : await _dav.StatusAsync(method, method, body, to, ("If-Match", tag), ("If-Unmodified-Since", earlier));
            Assert.True(status is >= 200 and < 300, $"{method}: {status}");
        }
    }

    [Fact]
    public async Task Of_several_moves_onto_a_free_name_one_has_made_it()
    {
        string[] names = ["1", "2", "3", "4"];
        foreach (var name in names)
            await _dav.PutAsync(name, name);
        await using var database = NpgsqlDataSource.Create(fixture.Service.ConnectionString);
        await using var connection = await database.OpenConnectionAsync();
        await using var other = await database.OpenConnectionAsync();
        await using var transaction = await connection.BeginTransactionAsync();
        await connection.ExecuteAsync(
            "select from spaces where id = (select space from entries where id = @Entry::uuid) for update",
            new { Entry = await IdAsync("1") });
        var moving = names.Select(name => _dav.PutAtAsync("MOVE", name, "one")).ToList();
        await Eventually.HoldsAsync(async () => await other.ExecuteScalarAsync<long>(
            "select count(*) from pg_stat_activity where wait_event_type = 'Lock' and query like '%move_over%'") == names.Length);
        await transaction.RollbackAsync();
        Assert.Equal([201, 204, 204, 204], (await Task.WhenAll(moving)).Order());
    }

    [Fact]
    public async Task A_body_without_a_length_must_have_the_expected_one()
    {
        var key = Convert.ToBase64String(System.Text.Encoding.UTF8.GetBytes($":{fixture.Service.Key}"));
        foreach (var (expected, status) in new[] { (3, "201"), (4, "409"), (2, "413") })
        {
            var answer = await RawConnection.AnswerAsync(
                fixture.Service.Address,
                $"PUT {_dav.Root}/n{expected} HTTP/1.1\r\nHost: a\r\nAuthorization: Basic {key}\r\nConnection: close\r\n"
                    + $"X-Expected-Entity-Length: {expected}\r\nTransfer-Encoding: chunked\r\n\r\n3\r\nabc\r\n0\r\n\r\n");
            Assert.StartsWith($"HTTP/1.1 {status} ", answer, StringComparison.Ordinal);
        }

        Assert.Equal([$"{_dav.Root}/n3"], await _dav.ListAsync(""));
    }

    [Fact]
    public async Task A_file_that_is_moved_onto_a_file_becomes_its_new_version()
    {
        await _dav.PutAsync("report", "old");
        await _dav.PutAsync("report.tmp", "new");
        // The same content once more, as after a lost answer, is no history.
        await _dav.PutAsync("report.tmp", "new");
        var id = await IdAsync("report");
        Assert.Equal(412, await _dav.PutAtAsync("MOVE", "report.tmp", "report", ("Overwrite", "F")));
        Assert.Equal(204, await _dav.PutAtAsync("MOVE", "report.tmp", "report", ("Depth", "0")));
        Assert.Equal("new", await _dav.ReadAsync("report"));
        Assert.Equal(id, await IdAsync("report"));
        Assert.Equal([$"{_dav.Root}/report"], await _dav.ListAsync(""));
    }

    [Fact]
    public async Task A_file_with_a_history_keeps_its_id_and_the_file_that_it_replaces_goes_to_the_trash()
    {
        await _dav.PutAsync("old", "old");
        await _dav.PutAsync("document", "1");
        await _dav.PutAsync("document", "2");
        var (id, replaced) = (await IdAsync("document"), await IdAsync("old"));
        Assert.Equal(204, await _dav.PutAtAsync("MOVE", "document", "old"));
        Assert.Equal(id, await IdAsync("old"));
        Assert.Equal("2", await _dav.ReadAsync("old"));
        using var restored = await fixture.Service.Client.PostAsJsonAsync(
            new Uri($"/api/trash/{replaced}/restore", UriKind.Relative), new { conflict = "rename" });
        Assert.Equal(HttpStatusCode.OK, restored.StatusCode);
    }

    [Theory]
    [InlineData("COPY")]
    [InlineData("MOVE")]
    public async Task A_folder_replaces_what_lies_there_whole(string method)
    {
        await _dav.FolderAsync("a");
        await _dav.PutAsync("a/x", "x");
        await _dav.FolderAsync("b");
        await _dav.PutAsync("b/y", "y");
        await _dav.PutAsync("c", "c");
        Assert.Equal(412, await _dav.PutAtAsync(method, "a", "b/", ("Overwrite", "F")));
        Assert.Equal(409, await _dav.PutAtAsync(method, "a", "a/in"));
        Assert.Equal(403, await _dav.PutAtAsync(method, "a", "a"));
        Assert.Equal(400, await _dav.PutAtAsync(method, "a", "d", ("Depth", method == "COPY" ? "1" : "0")));
        Assert.Equal(409, await _dav.PutAtAsync(method, "a/x", "a"));
        Assert.Equal(409, await _dav.PutAtAsync(method, "a", "none/a"));
        Assert.Equal(204, await _dav.PutAtAsync(method, "a", "b/"));
        Assert.Equal([$"{_dav.Root}/b/x"], await _dav.ListAsync("b"));
        Assert.Equal(204, await _dav.PutAtAsync(method, "b", "c"));
        Assert.Equal("x", await _dav.ReadAsync("c/x"));
        Assert.Equal(method == "COPY" ? 207 : 404, await _dav.StatusAsync("PROPFIND", "a", null, ("Depth", "0")));
    }

    [Fact]
    public async Task A_copy_that_fails_leaves_nothing_behind()
    {
        await _dav.FolderAsync("a");
        await _dav.PutAsync("a/x", "x");
        await _dav.PutAsync("taken", "1");
        await using var database = NpgsqlDataSource.Create(fixture.Service.ConnectionString);
        await using var connection = await database.OpenConnectionAsync();
        await using var other = await database.OpenConnectionAsync();
        await using var transaction = await connection.BeginTransactionAsync();
        // While another transaction writes the content, a copy leaves it out.
        await connection.ExecuteAsync(
            "select from uploads where id = (select upload from entry_versions where entry = @Entry::uuid) for update",
            new { Entry = await IdAsync("a/x") });
        await _dav.FolderAsync("gone");
        var copying = _dav.PutAtAsync("COPY", "a", "b");
        var vanishing = _dav.PutAtAsync("COPY", "a", "gone/b");
        var names = new List<string>();
        await Eventually.HoldsAsync(async () => (names = await DraftsAsync()).Count == 2);
        await AssertHiddenAsync(names);
        // Meanwhile, a locked entry is created at the destination, so the whole copy fails.
        using var locked = await _dav.SendAsync("LOCK", "b", DavClient.Exclusive);
        Assert.Equal(HttpStatusCode.Created, locked.StatusCode);
        Assert.Equal(204, await _dav.StatusAsync("DELETE", "gone"));
        await transaction.RollbackAsync();
        Assert.Equal(423, await copying);
        Assert.Equal(409, await vanishing);
        Assert.Empty(await DraftsAsync());
        Assert.Equal(
            new[] { "a/", "b", "taken" }.Select(name => $"{_dav.Root}/{name}"), (await _dav.ListAsync("")).Order(StringComparer.Ordinal));

        async Task<List<string>> DraftsAsync() =>
        [
            .. await other.QueryAsync<string>("""
                select case p.name when 'gone' then 'gone/' else '' end || e.name
                from entries e join entries p on p.id = e.parent join dav_copies c on c.parent = e.parent and c.name = e.name
                where e.removed_at is null
                """),
        ];
    }

    /// <summary>Incomplete copies are neither listed nor reached by their names.</summary>
    private async Task AssertHiddenAsync(List<string> names)
    {
        Assert.Empty(await _dav.ListAsync("gone"));
        Assert.DoesNotContain(await _dav.ListAsync(""), href => href.Contains("/.copy-", StringComparison.Ordinal));
        Assert.DoesNotContain(
            ".copy-", await fixture.Service.Client.GetStringAsync($"/api/tree/{_dav.Root["/dav/shared/".Length..]}/?format=json"),
            StringComparison.Ordinal);
        (string Method, int Status)[] expected =
            [("PROPFIND", 404), ("GET", 404), ("DELETE", 404), ("MOVE", 404), ("LOCK", 404), ("PUT", 405), ("MKCOL", 405)];
        foreach (var name in names)
        {
            foreach (var (method, status) in expected)
            {
                (string, string)[] headers = [("Depth", method == "PROPFIND" ? "0" : "infinity"), ("Destination", $"{_dav.Root}/z")];
                var body = method switch { "PUT" => "1", "LOCK" => DavClient.Exclusive, _ => null };
                Assert.Equal((method, status), (method, await _dav.StatusAsync(method, name, body, headers)));
            }

            Assert.Equal(412, await _dav.PutAtAsync("MOVE", "taken", name));
        }
    }

    [Fact]
    public async Task A_long_folder_is_listed_whole_while_others_in_it_are_renamed()
    {
        await _dav.FolderAsync("long");
        await using (var connection = new NpgsqlConnection(fixture.Service.ConnectionString))
        {
            await connection.ExecuteAsync(
                """
                insert into entries (id, space, parent, name, kind, modified_ns, owner)
                select gen_random_uuid(), e.space, e.id, case when n % 2 = 0 then 'stays' else 'roams' end || lpad(n::text, 5, '0'),
                       'folder', 0, 'x'
                from entries e join entries r on r.id = e.parent, generate_series(1, 5000) n where e.name = 'long' and r.name = @Root
                """,
                new { Root = _dav.Root["/dav/shared/".Length..] });
        }

        using var stop = new CancellationTokenSource();
        var renaming = Task.Run(async () =>
        {
            for (var i = 1; !stop.IsCancellationRequested; i = (i + 2) % 5000)
                await _dav.PutAtAsync("MOVE", $"long/roams{i:D5}", $"long/zoomed{i:D5}");
        });
        for (var round = 0; round < 3; round++)
        {
            var found = (await _dav.ListAsync("long")).Select(href => href.Split('/')[^2]).ToHashSet(StringComparer.Ordinal);
            Assert.DoesNotContain(Enumerable.Range(1, 2500).Select(n => $"stays{n * 2:D5}"), name => !found.Contains(name));
        }

        await stop.CancelAsync();
        await renaming;
    }

    [Fact]
    public async Task A_copy_of_depth_0_has_nothing_of_what_is_in_the_folder()
    {
        await _dav.FolderAsync("a");
        await _dav.PutAsync("a/x", "x");
        var name = (XNamespace)"urn:a" + "a";
        Assert.Equal(207, await _dav.StatusAsync("PROPPATCH", "a", Patch));
        Assert.Equal(201, await _dav.PutAtAsync("COPY", "a", "b", ("Depth", "0")));
        Assert.Empty(await _dav.ListAsync("b"));
        Assert.Equal("1", (await _dav.PropertyAsync("b", name))!.Value);
        Assert.Equal(201, await _dav.PutAtAsync("COPY", "a", "a/in", ("Depth", "0")));
        Assert.Equal([$"{_dav.Root}/a/in/", $"{_dav.Root}/a/x"], await _dav.ListAsync("a"));
        Assert.Equal(201, await _dav.PutAtAsync("COPY", "a/x", "b/x"));
        Assert.Equal("x", await _dav.ReadAsync("b/x"));
    }

    [Fact]
    public async Task Spaces_have_names_and_folders_do_not_move_between_them()
    {
        var people = new TestPeople(fixture.Service);
        var user = await people.UserAsync($"dav{Guid.NewGuid():n}", Role.Member);
        using var client = await people.ClientAsync(user);
        var names = new List<string>();
        foreach (var name in new[] { "Twice", "Twice", "own", "Once", "Twice (0123abcd)" })
        {
            using var made = await client.PostAsJsonAsync(new Uri("/api/spaces", UriKind.Relative), new { name });
            names.Add((await made.Content.ReadFromJsonAsync<JsonElement>()).GetProperty("id").GetString()!);
        }

        var listed = await SendAsync(client, "PROPFIND", "/dav/", ("Depth", "1"));
        var hrefs = XElement.Parse(listed.Text).Elements(Dav + "response").Select(one => one.Element(Dav + "href")!.Value).ToList();
        Assert.Equal(
            new[]
            {
                "/dav/", "/dav/Once/", $"/dav/Twice%20%28{names[0][..8]}%29/", $"/dav/Twice%20%28{names[1][..8]}%29/", "/dav/own/",
                $"/dav/own%20%28{names[2][..8]}%29/", "/dav/shared/",
                // Its name could be the address of another team.
                $"/dav/Twice%20%280123abcd%29%20%28{names[4][..8]}%29/",
            }.Order(StringComparer.Ordinal),
            hrefs.Order(StringComparer.Ordinal));
        Assert.Equal(409, (await SendAsync(client, "PROPFIND", "/dav/Twice/", ("Depth", "0"))).Status);
        Assert.Equal(207, (await SendAsync(client, "PROPFIND", $"/dav/{names[0]}/", ("Depth", "0"))).Status);
        Assert.Equal(201, (await SendAsync(client, "MKCOL", "/dav/own/folder")).Status);
        Assert.Equal(201, (await SendAsync(client, "PUT", "/dav/own/file")).Status);
        Assert.Equal(502, (await SendAsync(client, "MOVE", "/dav/own/folder", ("Destination", "/dav/Once/folder"))).Status);
        Assert.Equal(201, (await SendAsync(client, "COPY", "/dav/own/folder", ("Destination", "/dav/Once/folder"))).Status);
        Assert.Equal(201, (await SendAsync(client, "MOVE", "/dav/own/file", ("Destination", "/dav/Once/file"))).Status);
        Assert.Equal(404, (await SendAsync(client, "HEAD", "/dav/own/file")).Status);
    }

    [Fact]
    public async Task A_long_folder_is_listed_whole_and_quotas_are_told_when_they_are_asked_for()
    {
        await Task.WhenAll(Enumerable.Range(0, 8).Select(async part =>
        {
            for (var i = part; i < 520; i += 8)
                await _dav.PutAsync(i.ToString("D4", CultureInfo.InvariantCulture), "");
        }));
        Assert.Equal(Enumerable.Range(0, 520).Select(i => $"{_dav.Root}/{i:D4}"), await _dav.ListAsync(""));
        Assert.NotNull(await _dav.PropertyAsync("", Dav + "quota-available-bytes"));
        Assert.NotNull(await _dav.PropertyAsync("", Dav + "quota-used-bytes"));
        Assert.Null(await _dav.PropertyAsync("0001", Dav + "quota-used-bytes"));
    }

    private async Task<string> IdAsync(string path)
    {
        var entry = await fixture.Service.Client.GetFromJsonAsync<JsonElement>(
            new Uri($"/api/tree/{_dav.Root["/dav/shared/".Length..]}/{path}?format=json", UriKind.Relative));
        return entry.GetProperty("id").GetString()!;
    }

    private static async Task<(int Status, string Text)> SendAsync(
        HttpClient client, string method, string path, params (string Name, string Value)[] headers)
    {
        using var request = new HttpRequestMessage(new HttpMethod(method), new Uri(path, UriKind.Relative));
        foreach (var (name, value) in headers)
            request.Headers.TryAddWithoutValidation(name, value);
        using var answer = await client.SendAsync(request);
        return ((int)answer.StatusCode, await answer.Content.ReadAsStringAsync());
    }
}
