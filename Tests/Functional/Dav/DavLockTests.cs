using System.Diagnostics.CodeAnalysis;
using System.Net;
using System.Net.Http.Json;
using System.Text.Json;
using System.Xml.Linq;
using ChunkUpload.Core.Access;
using ChunkUpload.Tests.Functional.Api;
using ChunkUpload.Tests.Support;
using Dapper;
using Npgsql;

namespace ChunkUpload.Tests.Functional.Dav;

/// <summary>Locks and conditions: only the holder of a lock may change what it covers.</summary>
[Collection(FilesCollection.Name)]
[SuppressMessage("Design", "CA1001", Justification = "xUnit calls DisposeAsync of IAsyncLifetime.")]
public sealed class DavLockTests(ApiFixture fixture) : IAsyncLifetime
{
    private const string Exclusive = """
        <D:lockinfo xmlns:D="DAV:"><D:lockscope><D:exclusive/></D:lockscope><D:locktype><D:write/></D:locktype>
        <D:owner><D:href>me &amp; you</D:href></D:owner></D:lockinfo>
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
    public async Task A_locked_file_changes_only_with_its_token()
    {
        await _dav.PutAsync("x", "1");
        await _dav.PutAsync("y", "y");
        var token = await LockAsync("x");
        using (var refused = await _dav.SendAsync("PUT", "x", "2"))
            Assert.Equal((HttpStatusCode.Locked, null), (refused.StatusCode, refused.Headers.RetryAfter));
        Assert.Equal(423, await _dav.StatusAsync("DELETE", "x"));
        Assert.Equal(423, await _dav.PutAtAsync("MOVE", "x", "z"));
        Assert.Equal(423, await _dav.PutAtAsync("MOVE", "y", "x"));
        Assert.Equal(423, await _dav.PutAtAsync("COPY", "y", "x"));
        Assert.Equal(423, await _dav.StatusAsync("PROPPATCH", "x", Patch("<a xmlns=\"urn:a\">1</a>")));
        Assert.Equal(423, await _dav.StatusAsync("LOCK", "x", Exclusive));
        Assert.Equal("1", await _dav.ReadAsync("x"));
        Assert.Equal(204, await _dav.StatusAsync("PUT", "x", "2", ("If", $"(<{token}>)")));
        Assert.Equal(204, await _dav.PutAtAsync("MOVE", "y", "x", ("If", $"<{_dav.Root}/x> (<{token}>)")));
        Assert.Equal(423, await _dav.StatusAsync("PUT", "x", "3"));
        Assert.Equal(204, await _dav.StatusAsync("UNLOCK", "x", null, ("Lock-Token", $"<{token}>")));
        Assert.Equal(204, await _dav.StatusAsync("PUT", "x", "3"));
        Assert.Equal(409, await _dav.StatusAsync("UNLOCK", "x", null, ("Lock-Token", $"<{token}>")));
    }

    [Fact]
    public async Task A_lock_of_a_folder_covers_its_members_and_one_below_a_folder_keeps_the_folder()
    {
        await _dav.FolderAsync("a");
        await _dav.FolderAsync("a/b");
        var token = await LockAsync("a");
        Assert.Equal(423, await _dav.StatusAsync("PUT", "a/b/new", "1"));
        Assert.Equal(201, await _dav.StatusAsync("PUT", "a/b/new", "1", ("If", $"(<{token}>)")));
        foreach (var path in new[] { "a", "a/b/new" })
        {
            var root = Assert.Single((await _dav.PropertyAsync(path, Dav + "lockdiscovery"))!.Descendants(Dav + "lockroot"));
            Assert.Equal($"{_dav.Root}/a/", root.Value);
        }

        // A member refreshes the lock of its folder.
        Assert.Equal(200, await _dav.StatusAsync("LOCK", "a/b/new", null, ("If", $"(<{token}>)"), ("Timeout", "Second-60")));
        Assert.Equal(204, await _dav.StatusAsync("UNLOCK", "a", null, ("Lock-Token", $"<{token}>")));
        var below = await LockAsync("a/b/new");
        foreach (var method in new[] { "DELETE", "MOVE" })
        {
            using var answer = await _dav.SendAsync(method, "a", null, ("Destination", $"{_dav.Root}/c"));
            var text = await answer.Content.ReadAsStringAsync();
            Assert.Equal(HttpStatusCode.MultiStatus, answer.StatusCode);
            Assert.Contains($"{_dav.Root}/a/b/new<", text, StringComparison.Ordinal);
            Assert.Contains("423", text, StringComparison.Ordinal);
        }

        Assert.Equal("1", await _dav.ReadAsync("a/b/new"));
        Assert.Equal(201, await _dav.PutAtAsync("MOVE", "a", "c", ("If", $"<{_dav.Root}/a/b/new> (<{below}>)")));
        // The lock has not gone along.
        Assert.Equal(204, await _dav.StatusAsync("PUT", "c/b/new", "2"));
    }

    [Fact]
    public async Task A_lock_of_a_free_name_makes_an_empty_file()
    {
        using var answer = await _dav.SendAsync("LOCK", "new", Exclusive);
        Assert.Equal(HttpStatusCode.Created, answer.StatusCode);
        Assert.Equal("", await _dav.ReadAsync("new"));
        // The other protocols see the holder, and continue.
        var path = $"{_dav.Root["/dav/shared/".Length..]}/new";
        var entry = await fixture.Service.Client.GetFromJsonAsync<JsonElement>($"/api/tree/{path}?format=json");
        var locks = await fixture.Service.Client.GetFromJsonAsync<JsonElement>(
            $"/api/entries/{entry.GetProperty("id").GetString()}/locks");
        var held = Assert.Single(locks.GetProperty("items").EnumerateArray());
        Assert.Equal(("operator", path), (held.GetProperty("by").GetString(), held.GetProperty("path").GetString()));
        using (var replaced = await fixture.Service.Client.PutAsync($"/api/tree/{path}?conflict=replace", new StringContent("other")))
            Assert.True(replaced.IsSuccessStatusCode);
        Assert.Equal(409, await _dav.StatusAsync("LOCK", "none/new", Exclusive));
        Assert.Equal(405, await _dav.StatusAsync("LOCK", "folder/", Exclusive));
        Assert.Equal(404, await _dav.StatusAsync("LOCK", "new/", Exclusive));
        Assert.Equal([$"{_dav.Root}/new"], await _dav.ListAsync(""));
    }

    [Fact]
    public async Task Locks_that_have_ended_count_no_more()
    {
        await _dav.PutAsync("x", "1");
        await LockAsync("y");
        await using var connection = new NpgsqlConnection(fixture.Service.ConnectionString);
        // In another space, in which nothing is locked.
        await connection.ExecuteAsync("""
            insert into dav_locks (token, tenant, subject, space, name, exclusive, deep, seconds, expires_clock)
            select gen_random_uuid(), l.tenant, l.subject, '00000000-0000-0000-0000-000000000000', n::text, true, false, 1, 1000000000000
            from generate_series(1, 1000) n, (select * from dav_locks limit 1) l
            """);
        Assert.Equal(403, await _dav.StatusAsync("LOCK", "x", Exclusive));
        await connection.ExecuteAsync(
            "update dav_locks set expires_clock = -1 where space = '00000000-0000-0000-0000-000000000000'");
        await LockAsync("x");
        Assert.Equal(0, await connection.ExecuteScalarAsync<long>("select count(*) from dav_locks where expires_clock = -1"));
    }

    [Fact]
    public async Task A_place_has_few_locks_with_short_owners()
    {
        // Each entry of a folder is described with all of them.
        await _dav.FolderAsync("in");
        await _dav.PutAsync("in/x", "1");
        Assert.Equal(413, await _dav.StatusAsync("LOCK", "in", Shared(new string('o', 1024))));
        for (var number = 0; number < 100; number++)
            Assert.Equal(200, await _dav.StatusAsync("LOCK", "in", Shared("me")));
        Assert.Equal(403, await _dav.StatusAsync("LOCK", "in", Shared("me")));
        Assert.Equal(403, await _dav.StatusAsync("LOCK", "in/x", Shared("me")));
        await _dav.PutAsync("y", "1");
        Assert.Equal(200, await _dav.StatusAsync("LOCK", "y", Shared("me")));

        static string Shared(string owner) => Exclusive.Replace("exclusive", "shared", StringComparison.Ordinal)
            .Replace("me &amp; you", owner, StringComparison.Ordinal);
    }

    [Fact]
    public async Task A_token_of_another_subject_opens_nothing()
    {
        await _dav.PutAsync("x", "1");
        var token = await LockAsync("x");
        var people = new TestPeople(fixture.Service);
        using var other = await people.ClientAsync(await people.UserAsync($"dav{Guid.NewGuid():n}", Role.Member));
        foreach (var (method, header, status) in new[] { ("PUT", "If", 423), ("DELETE", "If", 423), ("UNLOCK", "Lock-Token", 403) })
        {
            using var request = new HttpRequestMessage(new HttpMethod(method), new Uri($"{_dav.Root}/x", UriKind.Relative));
            request.Headers.TryAddWithoutValidation(header, header == "If" ? $"(<{token}>)" : $"<{token}>");
            using var answer = await other.SendAsync(request);
            Assert.Equal(status, (int)answer.StatusCode);
        }

        Assert.Equal("1", await _dav.ReadAsync("x"));
    }

    [Fact]
    public async Task A_condition_that_is_not_met_changes_nothing()
    {
        await _dav.PutAsync("x", "1");
        var tag = (await _dav.PropertyAsync("x", Dav + "getetag"))!.Value;
        var none = "(<urn:uuid:00000000-0000-0000-0000-000000000000>)";
        foreach (var condition in new[] { none, "([\"none\"])", $"(Not [{tag}])", $"([W/{tag}])" })
        {
            Assert.Equal(412, await _dav.StatusAsync("PUT", "x", "2", ("If", condition)));
            Assert.Equal(412, await _dav.StatusAsync("DELETE", "x", null, ("If", condition)));
        }

        foreach (var malformed in new[] { "x", "()", "(<a", "<a>", "(<a>) <b> (<c>)", string.Concat(Enumerable.Repeat("(<a>)", 101)) })
            Assert.Equal(400, await _dav.StatusAsync("PUT", "x", "2", ("If", malformed)));
        Assert.Equal("1", await _dav.ReadAsync("x"));
        Assert.Equal(204, await _dav.StatusAsync("PUT", "x", "2", ("If", $"([\"none\"]) ([{tag}])")));
    }

    [Fact]
    public async Task A_lock_that_ends_while_a_request_runs_under_it_holds_until_the_request_has_ended()
    {
        await _dav.PutAsync("x", "1");
        var token = await LockAsync("x", ("Timeout", "Second-1"));
        var key = Convert.ToBase64String(System.Text.Encoding.UTF8.GetBytes($":{fixture.Service.Key}"));
        using var running = await RawConnection.OpenAsync(fixture.Service.Address);
        await running.SendAsync(
            $"PUT {_dav.Root}/x HTTP/1.1\r\nHost: a\r\nAuthorization: Basic {key}\r\nConnection: close\r\nContent-Length: 2\r\n"
                + $"If: (<{token}>)\r\n\r\na");
        await using var connection = new NpgsqlConnection(fixture.Service.ConnectionString);
        await Eventually.HoldsAsync(async () => await connection.ExecuteScalarAsync<long>(
            "select count(*) from dav_lock_uses where lock = @Token::uuid", new { Token = token[9..] }) == 1);
        await connection.ExecuteAsync("update dav_locks set expires_clock = -1 where token = @Token::uuid", new { Token = token[9..] });
        Assert.Equal(423, await _dav.StatusAsync("PUT", "x", "2"));
        await running.SendAsync("b");
        Assert.StartsWith("HTTP/1.1 204 ", await running.ReadToEndAsync(), StringComparison.Ordinal);
        Assert.Equal("ab", await _dav.ReadAsync("x"));
        await Eventually.HoldsAsync(async () => await _dav.StatusAsync("PUT", "x", "2") == 204);
    }

    [Fact]
    public async Task Properties_are_kept_moved_and_copied_with_their_file_and_have_a_limit()
    {
        await _dav.PutAsync("x", "1");
        var tag = (await _dav.PropertyAsync("x", Dav + "getetag"))!.Value;
        Assert.Equal(207, await _dav.StatusAsync("PROPPATCH", "x", Patch("<a xmlns=\"urn:a\"><b>ü</b></a>")));
        var name = (XNamespace)"urn:a" + "a";
        Assert.Equal(201, await _dav.PutAtAsync("COPY", "x", "y"));
        Assert.Equal(201, await _dav.PutAtAsync("MOVE", "x", "z"));
        foreach (var path in new[] { "y", "z" })
            Assert.Equal("ü", (await _dav.PropertyAsync(path, name))!.Value);
        Assert.Equal(tag, (await _dav.PropertyAsync("z", Dav + "getetag"))!.Value);
        Assert.Equal(207, await _dav.StatusAsync("PROPPATCH", "z", Patch("<b xmlns=\"urn:a\">a&#13;&#10;b&#13;</b>")));
        Assert.Equal("a\r\nb\r", (await _dav.PropertyAsync("z", (XNamespace)"urn:a" + "b"))!.Value);
        Assert.Equal(507, await _dav.StatusAsync("PROPPATCH", "z", Patch($"<c xmlns=\"urn:a\">{new string('c', 60_000)}</c>"))
            is 207 ? await _dav.StatusAsync("PROPPATCH", "z", Patch($"<d xmlns=\"urn:a\">{new string('d', 10_000)}</d>")) : 0);
        Assert.Equal(207, await _dav.StatusAsync("PROPPATCH", "z", Patch("<D:lastmodified>1769765400</D:lastmodified>")));
        Assert.Equal("Fri, 30 Jan 2026 09:30:00 GMT", (await _dav.PropertyAsync("z", Dav + "getlastmodified"))!.Value);
        foreach (var time in new[] { "12:30", "yesterday", "2026-01-30" })
        {
            using var unread = await _dav.SendAsync("PROPPATCH", "z", Patch($"<D:getlastmodified>{time}</D:getlastmodified>"));
            Assert.Contains("409 Conflict", await unread.Content.ReadAsStringAsync(), StringComparison.Ordinal);
        }

        using var refused = await _dav.SendAsync(
            "PROPPATCH", "z", Patch("<D:getetag>x</D:getetag><e xmlns=\"urn:a\">1</e>"));
        var text = await refused.Content.ReadAsStringAsync();
        Assert.Contains("403", text, StringComparison.Ordinal);
        Assert.Contains("424", text, StringComparison.Ordinal);
        Assert.Null(await _dav.PropertyAsync("z", (XNamespace)"urn:a" + "e"));
    }

    [Theory]
    [InlineData("MD5:900150983cd24fb0d6963f7d28e17f72", 201)]
    [InlineData("SHA1:a9993e364706816aba3e25717850c26c9cd0d89d", 201)]
    [InlineData("SHA256:ba7816bf8f01cfea414140de5dae2223b00361a396177a9cb410ff61f20015ad", 201)]
    [InlineData("MD5:000150983cd24fb0d6963f7d28e17f72", 460)]
    [InlineData("SHA256:007816bf8f01cfea414140de5dae2223b00361a396177a9cb410ff61f20015ad", 422)]
    [InlineData("CRC:00", 400)]
    [InlineData("MD5:0", 400)]
    public async Task A_declared_checksum_is_compared(string checksum, int status)
    {
        Assert.Equal(status, await _dav.StatusAsync("PUT", "x", "abc", ("OC-Checksum", checksum)));
        Assert.Equal(status == 201 ? 1 : 0, (await _dav.ListAsync("")).Length);
    }

    private static string Patch(string properties) =>
        $"<D:propertyupdate xmlns:D=\"DAV:\"><D:set><D:prop>{properties}</D:prop></D:set></D:propertyupdate>";

    private async Task<string> LockAsync(string path, params (string Name, string Value)[] headers)
    {
        using var answer = await _dav.SendAsync("LOCK", path, Exclusive, headers);
        var text = await answer.Content.ReadAsStringAsync();
        Assert.True(answer.IsSuccessStatusCode, $"{(int)answer.StatusCode} {text}");
        var token = Assert.Single(answer.Headers.GetValues("Lock-Token")).Trim('<', '>');
        Assert.Contains(token, text, StringComparison.Ordinal);
        return token;
    }
}
