using System.Net.Http.Json;
using System.Security.Cryptography;
using System.Text.Json;
using ChunkUpload.Core.Access;
using ChunkUpload.Tests.Support;
using Dapper;
using Npgsql;

namespace ChunkUpload.Tests.Functional.Access;

public sealed partial class PeopleApiTests
{
    [Fact]
    public async Task A_member_has_a_thousand_team_spaces_at_most()
    {
        var (id, member) = await UserAsync("rob", "member", Caller.DefaultTenant);
        await using (var connection = new NpgsqlConnection(_service.ConnectionString))
        {
            await connection.ExecuteAsync(
                """
                set search_path = chunkupload, chunkupload_functions;
                select count(add_space('default', 'team', @Owner, n::text)) from generate_series(1, 999) n
                """,
                new { Owner = $"user:{id}" });
        }

        // Concurrent requests do not exceed the limit together.
        var made = await Task.WhenAll(Enumerable.Range(0, 8).Select(
            i => StatusAsync(member, HttpMethod.Post, "/api/spaces", new { name = $"At once {i}" })));
        Assert.Equal(1, made.Count(status => status == 201));
        Assert.Equal(7, made.Count(status => status == 409));
        Assert.Equal(1000, await CountAsync($"select count(*) from chunkupload.spaces where owner = 'user:{id}' and kind = 'team'"));
        await using (var connection = new NpgsqlConnection(_service.ConnectionString))
        {
            await connection.ExecuteAsync(
                "delete from chunkupload.spaces where kind = 'team' and owner = @Owner and name like 'At once%'",
                new { Owner = $"user:{id}" });
        }

        var last = (await SendAsync(member, HttpMethod.Post, "/api/spaces", new { name = "Last" }, 201)).GetProperty("id").GetString();
        await SendAsync(member, HttpMethod.Post, "/api/spaces", new { name = "More" }, 409, "too_many_spaces");
        await SendAsync(Operator, HttpMethod.Post, "/api/spaces", new { name = "Another" }, 201);
        await SendAsync(member, HttpMethod.Delete, $"/api/spaces/{last}", null, 204);
        await SendAsync(member, HttpMethod.Post, "/api/spaces", new { name = "More" }, 201);
        var told = await SendAsync(Operator, HttpMethod.Get, "/api/audit?kind=space.added", null, 200);
        Assert.Contains(told.GetProperty("items").EnumerateArray(), row => row.GetProperty("target").GetString() == last);
    }

    [Fact]
    public async Task A_member_learns_the_names_of_the_people_and_keys_of_the_own_tenant()
    {
        await TenantAsync("apart");
        var (uma, _) = await UserAsync("uma", "member", Caller.DefaultTenant);
        var (_, viewer) = await UserAsync("vic", "viewer", Caller.DefaultTenant);
        var (stranger, _) = await UserAsync("wes", "member", "apart");
        var body = new { name = "backup", kind = "tenant", scopes = new[] { "upload" } };
        var key = (await SendAsync(Operator, HttpMethod.Post, "/api/keys", body, 201)).GetProperty("key").GetProperty("id").GetString();
        var asked = $"subject=user:{uma}&subject=key:{key},user:{stranger}&subject=operator&subject=user:{Guid.NewGuid():n}";
        var found = (await SendAsync(viewer, HttpMethod.Get, $"/api/names?{asked}", null, 200)).GetProperty("items").EnumerateArray();
        Assert.Equal(
            [($"key:{key}", "backup"), ($"user:{uma}", "uma")],
            found.Select(one => (one.GetProperty("subject").GetString()!, one.GetProperty("name").GetString()!)).Order());
        var many = string.Join('&', Enumerable.Repeat($"subject=user:{uma}", 101));
        await SendAsync(viewer, HttpMethod.Get, $"/api/names?{many}", null, 400, "invalid_parameter");
    }

    [Fact]
    public async Task The_owner_of_a_space_finds_people_of_the_tenant_by_name_and_learns_nothing_else()
    {
        await TenantAsync("beside");
        var (_, owner) = await UserAsync("hanna", "member", Caller.DefaultTenant);
        var (_, member) = await UserAsync("hanno", "member", Caller.DefaultTenant);
        var (viewer, _) = await UserAsync("johanna", "viewer", Caller.DefaultTenant);
        var (disabled, _) = await UserAsync("hannes", "member", Caller.DefaultTenant);
        await UserAsync("hannah", "member", "beside");
        await SendAsync(Operator, HttpMethod.Patch, $"/api/users/{disabled}", new { enabled = false }, 200);
        var space = (await SendAsync(owner, HttpMethod.Post, "/api/spaces", new { name = "Maps" }, 201)).GetProperty("id").GetString();
        var people = $"/api/spaces/{space}/people";

        var found = (await SendAsync(owner, HttpMethod.Get, $"{people}?search=HANN", null, 200)).GetProperty("items").EnumerateArray();
        Assert.Equal(["hanno", "johanna"], found.Select(one => one.GetProperty("name").GetString()));
        Assert.All(found, one => Assert.Equal(["subject", "name"], one.EnumerateObject().Select(field => field.Name)));

        // Members are not found again; a pattern is mere text.
        await SendAsync(owner, HttpMethod.Put, $"/api/spaces/{space}/members/user:{viewer}", null, 204);
        var left = (await SendAsync(Operator, HttpMethod.Get, $"{people}?search=hann", null, 200)).GetProperty("items");
        Assert.Equal("hanno", Assert.Single(left.EnumerateArray()).GetProperty("name").GetString());
        Assert.Equal(
            0, (await SendAsync(owner, HttpMethod.Get, $"{people}?search=%25%25", null, 200)).GetProperty("items").GetArrayLength());

        // A user who may not add members finds nobody.
        await SendAsync(member, HttpMethod.Get, $"{people}?search=hann", null, 404, "no_entry");
        var own = (await SendAsync(owner, HttpMethod.Get, "/api/spaces", null, 200)).GetProperty("items").EnumerateArray()
            .First(one => one.GetProperty("kind").GetString() == "shared").GetProperty("id").GetString();
        await SendAsync(owner, HttpMethod.Get, $"/api/spaces/{own}/people?search=hann", null, 409, "no_team_space");
        await SendAsync(owner, HttpMethod.Get, $"{people}?search=h", null, 400, "invalid_parameter");
        await SendAsync(owner, HttpMethod.Get, people, null, 400, "invalid_parameter");

        // Nobody tries all names. Other tests of this service do not ask as this owner.
        var statuses = new List<int>();
        while (statuses.Count < 100 && !statuses.Contains(429))
            statuses.Add(await StatusAsync(owner, HttpMethod.Get, $"{people}?search=hann"));
        Assert.Equal(429, statuses[^1]);
        Assert.Equal(200, await StatusAsync(Operator, HttpMethod.Get, $"{people}?search=hann"));
    }

    [Fact]
    public async Task A_link_for_a_password_tells_the_name_for_signing_in()
    {
        var made = await SendAsync(Operator, HttpMethod.Post, "/api/users", new { name = "xena", role = "member" }, 201);
        var link = made.GetProperty("invitation").GetProperty("link").GetString()!.Split("#link=")[1];
        using var browser = new BrowserClient(_service);
        using var answer = await browser.PostAsync("/signin", new { link });
        var problem = await answer.Content.ReadFromJsonAsync<JsonElement>();
        Assert.Equal("password_needed", problem.GetProperty("code").GetString());
        Assert.Equal("xena", Assert.Single(problem.GetProperty("errors").GetProperty("name").EnumerateArray()).GetString());
    }

    [Fact]
    public async Task An_upload_whose_sender_lost_the_space_stays_unfiled()
    {
        var (_, owner) = await UserAsync("olga", "member", Caller.DefaultTenant);
        var (pete, member) = await UserAsync("pete", "member", Caller.DefaultTenant);
        var (quin, disabled) = await UserAsync("quin", "member", Caller.DefaultTenant);
        var space = (await SendAsync(owner, HttpMethod.Post, "/api/spaces", new { name = "Films" }, 201)).GetProperty("id").GetString();
        await SendAsync(owner, HttpMethod.Put, $"/api/spaces/{space}/members/user:{pete}", new { canChange = true }, 204);

        // 1. Begun while the right is there: a session, and an upload through a link that the member has made.
        var own = await BeginAsync(member, space, "own.bin");
        var kept = await BeginAsync(Operator, space, "kept.bin");
        var shared = await BeginAsync(disabled, null, "shared.bin");
        var links = new LinkClient(_service);
        var link = await links.MakeAsync(new { kind = "upload", space, path = "in", parents = true }, member);
        using var created = await links.CreateAsync(link, 1, "sent.bin");
        var sent = created.Headers.Location!.AbsolutePath.Split('/')[^1];

        // 2. The right ends.
        await SendAsync(owner, HttpMethod.Delete, $"/api/spaces/{space}/members/user:{pete}", null, 204);
        await SendAsync(Operator, HttpMethod.Patch, $"/api/users/{quin}", new { enabled = false }, 200);
        await Eventually.HoldsAsync(async () =>
        {
            using var refused = await links.PutAsync(link, "late.bin", "x");
            return (int)refused.StatusCode == 410;
        });
        links.Close();

        // 3. The uploads end, but not in the space. The operator's own does.
        await SendAsync(member, HttpMethod.Post, $"/api/sessions/{own}/complete", null, 200);
        await SendAsync(Operator, HttpMethod.Post, $"/api/sessions/{kept}/complete", null, 200);
        using (var patch = new HttpRequestMessage(HttpMethod.Patch, $"/files/{sent}") { Content = new ByteArrayContent([1]) })
        {
            patch.Headers.Add("Tus-Resumable", "1.0.0");
            patch.Headers.Add("Upload-Offset", "0");
            patch.Content.Headers.ContentType = new("application/offset+octet-stream");
            using var patched = await Operator.SendAsync(patch);
            Assert.Equal(204, (int)patched.StatusCode);
        }

        foreach (var id in new[] { own, sent })
        {
            var file = await SendAsync(Operator, HttpMethod.Get, $"/api/files/{id}", null, 200);
            Assert.StartsWith(
                "The sender may not change the space", file.GetProperty("unfiledReason").GetString(), StringComparison.Ordinal);
            Assert.Equal(0, file.GetProperty("places").GetArrayLength());
        }

        Assert.Equal(200, await StatusAsync(owner, HttpMethod.Get, $"/api/spaces/{space}/tree/kept.bin"));
        Assert.Equal(404, await StatusAsync(owner, HttpMethod.Get, $"/api/spaces/{space}/tree/own.bin"));
        // An operator who completes another user's upload publishes it by the operator's own rights.
        await SendAsync(Operator, HttpMethod.Post, $"/api/sessions/{shared}/complete", null, 200);
        Assert.Equal(200, await StatusAsync(owner, HttpMethod.Get, "/api/tree/shared.bin"));
    }

    [Fact]
    public async Task A_user_who_left_a_space_cannot_read_its_files_not_even_his_own()
    {
        var (_, owner) = await UserAsync("tess", "member", Caller.DefaultTenant);
        var (ulf, member) = await UserAsync("ulf", "member", Caller.DefaultTenant);
        var space = (await SendAsync(owner, HttpMethod.Post, "/api/spaces", new { name = "Left" }, 201)).GetProperty("id").GetString();
        await SendAsync(owner, HttpMethod.Put, $"/api/spaces/{space}/members/user:{ulf}", new { canChange = true }, 204);
        using var put = await member.PutAsync($"/api/spaces/{space}/tree/x", new StringContent("x"));
        var own = (await put.Content.ReadFromJsonAsync<JsonElement>()).GetProperty("fileId").GetString();
        var links = new LinkClient(_service);
        var link = await links.MakeAsync(new { kind = "upload", space, path = "in", parents = true }, member);
        using (var sent = await links.PutAsync(link, "sent.txt", "sent"))
            Assert.True(sent.IsSuccessStatusCode);
        links.Close();
        var list = await SendAsync(owner, HttpMethod.Get, $"/api/spaces/{space}/tree/in/", null, 200);
        var linked = list.GetProperty("items")[0].GetProperty("fileId").GetString();
        string[] paths = [.. new[] { own, linked }.SelectMany(id => new[] { $"/api/files/{id}", $"/api/files/{id}/content" })];
        foreach (var path in paths)
            Assert.Equal(200, await StatusAsync(member, HttpMethod.Get, path));

        await SendAsync(owner, HttpMethod.Delete, $"/api/spaces/{space}/members/user:{ulf}", null, 204);
        foreach (var path in paths)
        {
            Assert.Equal(404, await StatusAsync(member, HttpMethod.Get, path));
            Assert.Equal(200, await StatusAsync(owner, HttpMethod.Get, path));
        }

        // Items in the trash are listed there with their ids; purged items are gone.
        await SendAsync(owner, HttpMethod.Delete, $"/api/spaces/{space}/tree/x", null, 204);
        Assert.Equal(200, await StatusAsync(owner, HttpMethod.Get, $"/api/files/{own}/content"));
        await SendAsync(owner, HttpMethod.Delete, $"/api/spaces/{space}/trash", null, 204);
        Assert.Equal(404, await StatusAsync(owner, HttpMethod.Get, $"/api/files/{own}"));
    }

    [Fact]
    public async Task A_keys_scopes_decide_what_it_sees_of_the_tree()
    {
        async Task<HttpClient> NewAsync(params string[] scopes)
        {
            var made = await SendAsync(
                Operator, HttpMethod.Post, "/api/keys", new { name = string.Join(' ', scopes), kind = "tenant", scopes }, 201);
            return ClientOf(made.GetProperty("secret").GetString()!);
        }

        var (uploads, lists, reads, both) = (
            await NewAsync("upload"), await NewAsync("upload", "list"), await NewAsync("read", "upload"), await NewAsync("read", "list"));
        using (var put = await Operator.PutAsync("/api/tree/scoped/secret.txt?parents=true", new StringContent("secret")))
            Assert.Equal(201, (int)put.StatusCode);

        // 1. Pages need List, content needs Read, and an archive both.
        (string Path, int Uploads, int Lists, int Reads, int Both)[] expected =
        [
            ("/api/tree/scoped/", 403, 200, 403, 200), ("/api/tree/scoped/?search=secret", 403, 200, 403, 200),
            ("/api/tree/scoped/secret.txt", 403, 403, 200, 200), ("/api/tree/scoped/secret.txt?format=json", 403, 200, 200, 200),
            ("/api/tree/scoped/?format=zip", 403, 403, 403, 200),
        ];
        foreach (var (path, none, list, read, all) in expected)
        {
            Assert.Equal(
                (path, none, list, read, all),
                (path, await StatusAsync(uploads, HttpMethod.Get, path), await StatusAsync(lists, HttpMethod.Get, path),
                    await StatusAsync(reads, HttpMethod.Get, path), await StatusAsync(both, HttpMethod.Get, path)));
        }

        foreach (var (key, status) in new[] { (uploads, 403), (lists, 200), (reads, 200), (both, 200) })
        {
            using var check = await key.PostAsync("/api/tree/check", new StringContent("{\"path\":\"scoped/secret.txt\"}"));
            Assert.Equal(status, (int)check.StatusCode);
        }

        // 2. To a key without Read, a digest neither gives access to content nor reveals that it exists.
        foreach (var content in new[] { "secret", "guess" })
        {
            var sha256 = Convert.ToHexStringLower(SHA256.HashData(System.Text.Encoding.UTF8.GetBytes(content)));
            foreach (var key in new[] { uploads, lists })
            {
                using var known = new HttpRequestMessage(HttpMethod.Put, "/api/tree/scoped/guess.txt");
                known.Headers.Add("X-Content-SHA256", sha256);
                using var answer = await key.SendAsync(known);
                Assert.Equal(403, (int)answer.StatusCode);
                var session = new { path = "scoped/guess.txt", size = content.Length, sha256 };
                await SendAsync(key, HttpMethod.Post, "/api/sessions", session, 201);
            }
        }

        await SendAsync(
            reads, HttpMethod.Post, "/api/sessions",
            new { path = "scoped/same.txt", sha256 = Convert.ToHexStringLower(SHA256.HashData("secret"u8)) }, 200);

        // 3. Nor does an empty change reveal anything.
        var hidden = await SendAsync(uploads, HttpMethod.Patch, "/api/tree/scoped/secret.txt", new { }, 200);
        Assert.Equal(
            [JsonValueKind.Null, JsonValueKind.Null, JsonValueKind.Null],
            new[] { "size", "sha256", "fileId" }.Select(name => hidden.GetProperty(name).ValueKind));
        var shown = await SendAsync(lists, HttpMethod.Patch, "/api/tree/scoped/secret.txt", new { }, 200);
        Assert.Equal(6, shown.GetProperty("size").GetInt64());
    }

    [Fact]
    public async Task A_team_space_is_removed_with_what_is_in_it()
    {
        var (_, owner) = await UserAsync("rita", "member", Caller.DefaultTenant);
        var (stan, member) = await UserAsync("stan", "member", Caller.DefaultTenant);
        var id = (await SendAsync(owner, HttpMethod.Post, "/api/spaces", new { name = "Trip" }, 201)).GetProperty("id").GetString();
        var address = $"/api/spaces/{id}";
        await SendAsync(owner, HttpMethod.Put, $"{address}/members/user:{stan}", new { canChange = true }, 204);
        foreach (var path in new[] { "day/one.txt", "gone.txt" })
        {
            using var put = await owner.PutAsync($"{address}/tree/{path}?parents=true", new StringContent("bytes"));
            Assert.Equal(201, (int)put.StatusCode);
        }

        await SendAsync(owner, HttpMethod.Delete, $"{address}/tree/gone.txt", null, 204);
        var late = await BeginAsync(owner, id, "late.bin");

        await SendAsync(member, HttpMethod.Delete, $"{address}?contents=delete", null, 403, "read_only");
        await SendAsync(owner, HttpMethod.Delete, address, null, 409, "space_not_empty");
        await SendAsync(owner, HttpMethod.Delete, $"{address}?contents=all", null, 400, "invalid_parameter");
        await SendAsync(owner, HttpMethod.Delete, $"{address}?contents=delete", null, 204);

        foreach (var client in new[] { owner, member, Operator })
        {
            Assert.Equal(404, await StatusAsync(client, HttpMethod.Get, $"{address}/tree/day/one.txt"));
            Assert.DoesNotContain("Trip", Names(await SendAsync(client, HttpMethod.Get, "/api/spaces", null, 200)));
        }

        await SendAsync(owner, HttpMethod.Post, $"/api/sessions/{late}/complete", null, 200);
        var file = await SendAsync(owner, HttpMethod.Get, $"/api/files/{late}", null, 200);
        Assert.Equal("The folder does not exist any more.", file.GetProperty("unfiledReason").GetString());
        await SendAsync(owner, HttpMethod.Delete, address, null, 404, "no_entry");
        // The trash frees the rows and the bytes.
        await Eventually.HoldsAsync(async () =>
            await CountAsync($"select count(*) from chunkupload.spaces where id = '{Guid.ParseExact(id!, "N")}'") == 0);
        Assert.Equal(0, await CountAsync($"select count(*) from chunkupload.entries where space = '{Guid.ParseExact(id!, "N")}'"));
        Assert.Equal(0, await CountAsync("select count(*) from chunkupload.uploads where file_name = 'one.txt' and state = 'completed'"));
    }

    /// <summary>A session with its one byte, not completed.</summary>
    private static async Task<string> BeginAsync(HttpClient client, string? space, string path)
    {
        var session = await SendAsync(client, HttpMethod.Post, "/api/sessions", new { path, space, size = 1 }, 201);
        var id = session.GetProperty("id").GetString()!;
        using var chunk = new HttpRequestMessage(HttpMethod.Put, $"/api/sessions/{id}/chunks/0") { Content = new ByteArrayContent([1]) };
        chunk.Headers.Add("X-Chunk-SHA256", Convert.ToHexStringLower(SHA256.HashData([1])));
        using var answer = await client.SendAsync(chunk);
        Assert.True(answer.IsSuccessStatusCode, await answer.Content.ReadAsStringAsync());
        return id;
    }
}
