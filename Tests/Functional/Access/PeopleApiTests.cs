using System.Text;
using System.Text.Json;
using ChunkUpload.Core.Access;
using ChunkUpload.Tests.Support;

namespace ChunkUpload.Tests.Functional.Access;

/// <summary>Users, memberships, keys, tenants and sign-ins by the API.</summary>
public sealed partial class PeopleApiTests(PostgresFixture postgres) : IClassFixture<PostgresFixture>, IAsyncLifetime
{
    private const string Password = "correct horse battery";
    private TestService _service = null!;

    public async Task InitializeAsync() => _service = await TestService.StartAsync(postgres, TestService.WithJobs);

    public async Task DisposeAsync() => await _service.DisposeAsync();

    [Fact]
    public async Task A_user_is_invited_signs_in_and_changes_his_account()
    {
        var made = await SendAsync(
            Operator, HttpMethod.Post, "/api/users", new { name = "Ann.Lee", role = "member", email = "ann@example.org" }, 201);
        var link = made.GetProperty("invitation").GetProperty("link").GetString()!;
        Assert.StartsWith(_service.Address + "signin#link=", link, StringComparison.Ordinal);
        var user = made.GetProperty("user");
        Assert.Equal("ann.lee", user.GetProperty("name").GetString());
        Assert.False(user.GetProperty("hasPassword").GetBoolean());
        using var browser = new BrowserClient(_service);
        using (var chosen = await browser.PostAsync("/signin", new { link = link.Split("#link=")[1], password = Password }))
            Assert.Equal(200, (int)chosen.StatusCode);
        await browser.SubjectAsync();
        var me = await BrowserAsync(browser, HttpMethod.Get, "/api/me", null, 200);
        Assert.Equal("ann.lee", me.GetProperty("name").GetString());
        Assert.Equal("member", me.GetProperty("role").GetString());
        Assert.Equal("session", me.GetProperty("credential").GetString());
        Assert.Equal(["upload", "read", "delete", "list", "transfers", "projects"], Texts(me.GetProperty("scopes")));
        Assert.Contains(me.GetProperty("space").GetString()!, await BodyAsync(browser, "/api/spaces"), StringComparison.Ordinal);

        // A new password needs the current one, ends other sessions and keeps this one.
        using var other = await SignedInAsync("ann.lee", Password);
        await BrowserAsync(browser, HttpMethod.Patch, "/api/me", new { password = "another long one" }, 400, "password_needed");
        await BrowserAsync(browser, HttpMethod.Patch, "/api/me", new { email = "thief@example.org" }, 400, "password_needed");
        await BrowserAsync(browser, HttpMethod.Patch, "/api/me", new { email = "ann@example.org", displayName = "Ann" }, 200);
        await BrowserAsync(browser, HttpMethod.Patch, "/api/me",
            new { displayName = "No", password = "another long one", currentPassword = "wrong" }, 400, "invalid_field");
        var changed = await BrowserAsync(browser, HttpMethod.Patch, "/api/me",
            new { displayName = "Ann Lee", email = "", password = "another long one", currentPassword = Password }, 200);
        Assert.Equal("Ann Lee", changed.GetProperty("displayName").GetString());
        Assert.Equal(JsonValueKind.Null, changed.GetProperty("email").ValueKind);
        Assert.Equal(200, await browser.StatusAsync("/api/me"));
        Assert.Equal(401, await other.StatusAsync("/api/me"));
        using var late = await SignedInAsync("ann.lee", "another long one");
        // Keys change no account.
        using var key = await KeyAsync(late, new { name = "mine", scopes = new[] { "read" }, currentPassword = "another long one" });
        await SendAsync(key, HttpMethod.Patch, "/api/me", new { displayName = "Key" }, 403, "not_permitted");
    }

    [Fact]
    public async Task Two_users_of_one_name_at_once_are_one_user()
    {
        var answers = await Task.WhenAll(Enumerable.Range(0, 8).Select(_ => StatusAsync(
            Operator, HttpMethod.Post, "/api/users", new { name = "twin", role = "member", password = Password })));
        Assert.Equal(1, answers.Count(answer => answer == 201));
        Assert.Equal(7, answers.Count(answer => answer == 409));
        await SendAsync(Operator, HttpMethod.Post, "/api/users", new { name = "TWIN", role = "viewer" }, 409, "name_in_use");
        var tenants = await Task.WhenAll(Enumerable.Range(0, 8).Select(_ => StatusAsync(
            Operator, HttpMethod.Post, "/api/tenants", new { name = "twins" })));
        Assert.Equal(1, tenants.Count(answer => answer == 201));
    }

    [Fact]
    public async Task Bad_bodies_are_refused()
    {
        (string Method, string Path, string Body)[] bad =
        [
            ("POST", "/api/users", "{}"),
            ("POST", "/api/users", """{"name":"","role":"member"}"""),
            ("POST", "/api/users", """{"name":"a b","role":"member"}"""),
            ("POST", "/api/users", """{"name":"ann","role":"owner"}"""),
            ("POST", "/api/users", """{"name":"ann\u0000","role":"member"}"""),
            ("POST", "/api/users", """{"name":"bad1","role":"member","displayName":"a\u0007b"}"""),
            ("POST", "/api/users", """{"name":"bad2","role":"member","displayName":"\ud800"}"""),
            ("POST", "/api/users", """{"name":"bad3","role":"member","email":"nobody"}"""),
            ("POST", "/api/users", """{"name":"bad4","role":"member","email":"a@b\r\nBcc: c@d"}"""),
            ("POST", "/api/users", """{"name":"bad5","role":"member","password":"short"}"""),
            ("POST", "/api/users", """{"name":"bad6","role":"member","tenant":"../x"}"""),
            ("POST", "/api/users", """{"name":"bad7","role":"member","name":"bad8"}"""),
            ("POST", "/api/users", """{"name":"bad9","role":"member","isOperator":"yes"}"""),
            ("POST", "/api/users", """{"name":"bad0","role":"member","roles":["admin"]}"""),
            ("POST", "/api/keys", """{"name":"k"}"""),
            ("POST", "/api/keys", """{"name":"k","scopes":[]}"""),
            ("POST", "/api/keys", """{"name":"k","scopes":["read","everything"]}"""),
            ("POST", "/api/keys", """{"name":"k","scopes":[null]}"""),
            ("POST", "/api/keys", """{"name":"k","scopes":["read"],"days":0}"""),
            ("POST", "/api/keys", """{"name":"k","scopes":["read"],"days":99999999999}"""),
            ("POST", "/api/keys", """{"name":"k","scopes":["read"],"expiresAt":"2001-01-01T00:00:00Z"}"""),
            ("POST", "/api/keys", """{"name":"k","scopes":["read"],"days":1,"expiresAt":"2101-01-01T00:00:00Z"}"""),
            ("POST", "/api/keys", """{"name":"k","scopes":["read"],"kind":"both"}"""),
            ("POST", "/api/tenants", """{"name":"Acme"}"""),
            ("POST", "/api/tenants", """{"name":"-acme"}"""),
            ("POST", "/api/tenants", """{"name":"acme","title":" "}"""),
            ("POST", "/api/spaces", """{"name":null}"""),
            ("POST", "/api/me/tenant", """{"tenant":7}"""),
            ("PATCH", "/api/tenants/default", """{"suspended":"no"}"""),
            ("POST", "/api/users", "[]"),
            ("POST", "/api/users", ""),
        ];
        foreach (var (method, path, body) in bad)
        {
            using var request = new HttpRequestMessage(new HttpMethod(method), path)
            {
                Content = new StringContent(body, Encoding.UTF8, "application/json"),
            };
            using var answer = await Operator.SendAsync(request);
            Assert.True((int)answer.StatusCode == 400, body);
            Assert.Contains(await CodeAsync(answer), new[] { "invalid_field", "malformed_json" });
        }
    }

    [Fact]
    public async Task Huge_texts_are_refused()
    {
        foreach (var body in new object[]
        {
            new { name = new string('a', 65), role = "member" },
            new { name = "huge", role = "member", displayName = new string('x', 201) },
            new { name = "huge", role = "member", email = new string('x', 250) + "@example.org" },
            new { name = "huge", role = "member", password = new string('x', 257) },
        })
            await SendAsync(Operator, HttpMethod.Post, "/api/users", body, 400, "invalid_field");
        await SendAsync(
            Operator, HttpMethod.Post, "/api/users", new { name = new string('a', 70_000), role = "member" }, 413, "body_too_large");
    }

    [Fact]
    public async Task An_administrator_manages_his_tenant_and_nothing_else()
    {
        await TenantAsync("acme");
        await TenantAsync("globex");
        var (_, admin) = await UserAsync("boss", "admin", "acme");
        var (worker, _) = await UserAsync("worker", "member", "acme");
        var (shared, _) = await UserAsync("shared", "member", "acme");
        await SendAsync(Operator, HttpMethod.Put, $"/api/users/{shared}/memberships/globex", new { role = "viewer" }, 200);
        var (foreign, _) = await UserAsync("foreign", "member", "globex");
        var (chief, _) = await UserAsync("chief", "member", "acme");
        await SendAsync(Operator, HttpMethod.Patch, $"/api/users/{chief}", new { isOperator = true }, 200);

        // Lists and reads: only the admin's tenant, without memberships in other tenants.
        var list = await SendAsync(admin, HttpMethod.Get, "/api/users", null, 200);
        Assert.Equal(["boss", "chief", "shared", "worker"],
            list.GetProperty("items").EnumerateArray().Select(u => u.GetProperty("name").GetString()));
        Assert.DoesNotContain("globex", list.GetRawText(), StringComparison.Ordinal);
        await SendAsync(admin, HttpMethod.Get, "/api/users?tenant=globex", null, 404, "no_such_tenant");
        await SendAsync(admin, HttpMethod.Get, $"/api/users/{foreign}", null, 404, "no_such_user");
        await SendAsync(admin, HttpMethod.Get, "/api/users/not-an-id", null, 404, "no_such_user");
        Assert.Equal(["acme"], Names(await SendAsync(admin, HttpMethod.Get, "/api/tenants", null, 200)));
        await SendAsync(admin, HttpMethod.Get, "/api/tenants/globex", null, 404, "no_such_tenant");
        await SendAsync(admin, HttpMethod.Patch, "/api/tenants/acme", new { suspended = true }, 403, "not_permitted");

        // Changes: only users whose memberships are all in the admin's tenant, and no operator.
        await SendAsync(admin, HttpMethod.Patch, $"/api/users/{worker}", new { displayName = "W", enabled = false }, 200);
        await SendAsync(admin, HttpMethod.Patch, $"/api/users/{worker}", new { enabled = true }, 200);
        await SendAsync(admin, HttpMethod.Patch, $"/api/users/{worker}", new { isOperator = true }, 403, "not_permitted");
        foreach (var id in new[] { shared, chief })
        {
            await SendAsync(admin, HttpMethod.Patch, $"/api/users/{id}", new { email = "x@example.org" }, 403, "not_permitted");
            await SendAsync(admin, HttpMethod.Post, $"/api/users/{id}/reset", null, 403, "not_permitted");
            await SendAsync(admin, HttpMethod.Delete, $"/api/users/{id}", null, 403, "not_permitted");
        }

        await SendAsync(admin, HttpMethod.Post, $"/api/users/{foreign}/reset", null, 404, "no_such_user");
        await SendAsync(admin, HttpMethod.Put, $"/api/users/{worker}/memberships/globex", new { role = "viewer" }, 404, "no_such_tenant");
        await SendAsync(admin, HttpMethod.Put, $"/api/users/{foreign}/memberships/acme", new { role = "viewer" }, 404, "no_such_user");
        await SendAsync(
            admin, HttpMethod.Post, "/api/users", new { name = "spy", role = "viewer", tenant = "globex" }, 404, "no_such_tenant");
        await SendAsync(
            admin, HttpMethod.Post, "/api/users", new { name = "spy", role = "viewer", isOperator = true }, 403, "not_permitted");
        await SendAsync(admin, HttpMethod.Post, $"/api/users/{worker}/reset", null, 200);
        await SendAsync(admin, HttpMethod.Put, $"/api/users/{worker}/memberships/acme", new { role = "admin" }, 200);
        await SendAsync(admin, HttpMethod.Delete, $"/api/users/{shared}/memberships/acme", null, 204);
        await SendAsync(admin, HttpMethod.Get, $"/api/users/{shared}", null, 404, "no_such_user");
        await SendAsync(admin, HttpMethod.Delete, $"/api/users/{worker}", null, 204);

        // A key with fewer rights than its user grants no more than the key has.
        var weak = await SendAsync(admin, HttpMethod.Post, "/api/keys", new { name = "weak", scopes = new[] { "admin", "list" } }, 201);
        using var clerk = ClientOf(weak.GetProperty("secret").GetString()!);
        await SendAsync(clerk, HttpMethod.Get, "/api/users", null, 200);
        await SendAsync(clerk, HttpMethod.Post, "/api/users", new { name = "more", role = "member" }, 403, "not_permitted");
        await SendAsync(clerk, HttpMethod.Post, "/api/keys", new { name = "more", scopes = new[] { "upload" } }, 403, "not_permitted");
        await SendAsync(clerk, HttpMethod.Post, "/api/keys", new { name = "less", kind = "tenant", scopes = new[] { "list" } }, 201);
    }

    [Fact]
    public async Task A_key_has_no_more_rights_than_its_maker_and_ends_no_later()
    {
        var (_, member) = await UserAsync("kim", "member", Caller.DefaultTenant);
        await SendAsync(member, HttpMethod.Post, "/api/keys", new { name = "a", scopes = new[] { "read", "admin" } }, 403, "not_permitted");
        await SendAsync(member, HttpMethod.Post, "/api/keys", new { name = "a", scopes = new[] { "operate" } }, 403, "not_permitted");
        await SendAsync(
            member, HttpMethod.Post, "/api/keys", new { name = "a", kind = "tenant", scopes = new[] { "read" } }, 403, "not_permitted");
        var short1 = await SendAsync(
            member, HttpMethod.Post, "/api/keys", new { name = "short", scopes = new[] { "read", "list" }, days = 1 }, 201);
        using var brief = ClientOf(short1.GetProperty("secret").GetString()!);
        var child = await SendAsync(
            brief, HttpMethod.Post, "/api/keys", new { name = "child", scopes = new[] { "read" }, days = 100 }, 201);
        Assert.Equal(
            short1.GetProperty("key").GetProperty("expiresAt").GetDateTime(),
            child.GetProperty("key").GetProperty("expiresAt").GetDateTime(), TimeSpan.FromSeconds(1));
        await SendAsync(brief, HttpMethod.Post, "/api/keys", new { name = "more", scopes = new[] { "upload" } }, 403, "not_permitted");

        // A weak key neither renews nor ends a stronger one; the strong one does both.
        var all = (await SendAsync(member, HttpMethod.Get, "/api/keys", null, 200)).GetProperty("items").EnumerateArray().ToList();
        var strong = all.Single(key => key.GetProperty("name").GetString() == "mine").GetProperty("id").GetString();
        await SendAsync(brief, HttpMethod.Post, $"/api/keys/{strong}/rotate", null, 403, "not_permitted");
        await SendAsync(brief, HttpMethod.Delete, $"/api/keys/{strong}", null, 403, "not_permitted");
        var own = short1.GetProperty("key").GetProperty("id").GetString();
        var renewed = await SendAsync(member, HttpMethod.Post, $"/api/keys/{own}/rotate", new { overlapSeconds = 0 }, 200);
        Assert.Equal(401, await StatusAsync(brief, HttpMethod.Get, "/api/me"));
        using var again = ClientOf(renewed.GetProperty("secret").GetString()!);
        Assert.Equal(200, await StatusAsync(again, HttpMethod.Get, "/api/me"));
        await SendAsync(member, HttpMethod.Delete, $"/api/keys/{own}", null, 204);
        Assert.Equal(401, await StatusAsync(again, HttpMethod.Get, "/api/me"));
        await SendAsync(member, HttpMethod.Post, $"/api/keys/{own}/rotate", null, 409, "key_revoked");

        // Others' keys are absent for members; an administrator ends them but gets no secret of theirs.
        var (_, other) = await UserAsync("lea", "member", Caller.DefaultTenant);
        await SendAsync(other, HttpMethod.Get, $"/api/keys/{strong}", null, 404, "no_such_key");
        await SendAsync(other, HttpMethod.Delete, $"/api/keys/{strong}", null, 404, "no_such_key");
        var (_, admin) = await UserAsync("mia", "admin", Caller.DefaultTenant);
        await SendAsync(admin, HttpMethod.Post, $"/api/keys/{strong}/rotate", null, 403, "not_permitted");
        await SendAsync(
            admin, HttpMethod.Post, "/api/keys", new { name = "app", kind = "tenant", scopes = new[] { "admin", "upload" } }, 201);
        await SendAsync(admin, HttpMethod.Delete, $"/api/keys/{strong}", null, 204);
        Assert.Equal(401, await StatusAsync(member, HttpMethod.Get, "/api/me"));
        Assert.DoesNotContain("secret",
            (await SendAsync(admin, HttpMethod.Get, "/api/keys?limit=500", null, 200)).GetRawText(), StringComparison.Ordinal);
    }

    [Fact]
    public async Task A_session_chooses_among_its_tenants()
    {
        await TenantAsync("first");
        await TenantAsync("second");
        await TenantAsync("third");
        var (id, key) = await UserAsync("nia", "admin", "first");
        await SendAsync(Operator, HttpMethod.Put, $"/api/users/{id}/memberships/second", new { role = "viewer" }, 200);
        using var browser = await SignedInAsync("nia", Password);
        Assert.Equal(200, await browser.StatusAsync("/api/users"));
        var me = await BrowserAsync(browser, HttpMethod.Post, "/api/me/tenant", new { tenant = "second" }, 200);
        Assert.Equal("viewer", me.GetProperty("role").GetString());
        Assert.Equal(403, await browser.StatusAsync("/api/users"));
        await browser.SubjectAsync();
        await BrowserAsync(browser, HttpMethod.Post, "/api/me/tenant", new { tenant = "third" }, 404, "no_such_tenant");
        await SendAsync(key, HttpMethod.Post, "/api/me/tenant", new { tenant = "second" }, 403, "not_permitted");
        await SendAsync(Operator, HttpMethod.Patch, "/api/tenants/second", new { suspended = true }, 200);
        Assert.Equal(401, await browser.StatusAsync("/api/me"));
        // The session of the operator key may choose any tenant.
        using var chief = new BrowserClient(_service);
        await chief.SignInAsync();
        await BrowserAsync(chief, HttpMethod.Post, "/api/me/tenant", new { tenant = "third" }, 200);
    }

    [Fact]
    public async Task A_session_that_gets_other_rights_by_a_request_gets_its_answer()
    {
        await TenantAsync("north");
        var (id, _) = await UserAsync("noa", "member", Caller.DefaultTenant);
        await SendAsync(Operator, HttpMethod.Put, $"/api/users/{id}/memberships/north", new { role = "viewer" }, 200);
        using var browser = await SignedInAsync("noa", Password);
        using var changes = new HttpRequestMessage(HttpMethod.Get, "/api/events");
        changes.Headers.Add("Cookie", browser.CookieHeader);
        using var client = _service.CreateClient(withKey: false);
        using var listened = await client.SendAsync(changes, HttpCompletionOption.ResponseHeadersRead);
        Assert.Equal(200, (int)listened.StatusCode);
        await using var events = await listened.Content.ReadAsStreamAsync();

        // The request has begun with the rights from before, and ends after others were stopped because they had them.
        var content = new HeldJson("""{"tenant":"default"}""");
        var late = BrowserAsync(browser, HttpMethod.Post, "/api/me/tenant", content, 200);
        await content.Started;
        await BrowserAsync(browser, HttpMethod.Post, "/api/me/tenant", new { tenant = "north" }, 200);
        await Assert.ThrowsAnyAsync<IOException>(() => events.CopyToAsync(Stream.Null));
        content.End();
        Assert.Equal("member", (await late).GetProperty("role").GetString());
    }

    [Fact]
    public async Task Sign_ins_are_listed_limited_and_ended()
    {
        await UserAsync("olga", "member", Caller.DefaultTenant);
        using var first = await SignedInAsync("olga", Password);
        using var second = await SignedInAsync("olga", Password);
        var list = (await BrowserAsync(first, HttpMethod.Get, "/api/sign-ins", null, 200)).GetProperty("items").EnumerateArray().ToList();
        Assert.Equal(2, list.Count);
        Assert.All(list, one => Assert.Equal("127.0.0.1", one.GetProperty("address").GetString()));
        var other = list.Single(one => !one.GetProperty("current").GetBoolean()).GetProperty("id").GetString();
        await BrowserAsync(first, HttpMethod.Delete, $"/api/sign-ins/{other}", null, 204);
        Assert.Equal(401, await second.StatusAsync("/api/me"));
        await BrowserAsync(first, HttpMethod.Delete, $"/api/sign-ins/{other}", null, 404, "no_such_sign_in");
        // Another user cannot see or end it, an administrator can.
        var (_, member) = await UserAsync("pia", "member", Caller.DefaultTenant);
        var mine = list.Single(one => one.GetProperty("current").GetBoolean()).GetProperty("id").GetString();
        await SendAsync(member, HttpMethod.Delete, $"/api/sign-ins/{mine}", null, 403, "not_permitted");
        using var pia = await SignedInAsync("pia", Password);
        await BrowserAsync(pia, HttpMethod.Delete, $"/api/sign-ins/{mine}", null, 404, "no_such_sign_in");
        for (var i = 0; i < BrowserSessions.MostOfUser; i++)
            (await SignedInAsync("olga", Password)).Dispose();
        Assert.Equal(401, await first.StatusAsync("/api/me"));
        Assert.Equal(BrowserSessions.MostOfUser + 1,
            (await SendAsync(Operator, HttpMethod.Get, "/api/sign-ins", null, 200)).GetProperty("items").GetArrayLength());
    }

    [Fact]
    public async Task A_team_space_is_open_to_its_members()
    {
        var (ann, owner) = await UserAsync("rosa", "member", Caller.DefaultTenant);
        var (bob, reader) = await UserAsync("sam", "member", Caller.DefaultTenant);
        var (_, admin) = await UserAsync("tess", "admin", Caller.DefaultTenant);
        await TenantAsync("elsewhere");
        var (far, _) = await UserAsync("uma", "member", "elsewhere");
        var space = await SendAsync(owner, HttpMethod.Post, "/api/spaces", new { name = "Projects" }, 201);
        var id = space.GetProperty("id").GetString();
        Assert.True(space.GetProperty("canChange").GetBoolean());
        Assert.Equal($"user:{ann}", space.GetProperty("owner").GetString());
        using (var put = await owner.PutAsync($"/api/spaces/{id}/tree/a.txt", new StringContent("a")))
            Assert.Equal(201, (int)put.StatusCode);
        Assert.Equal(404, await StatusAsync(reader, HttpMethod.Get, $"/api/spaces/{id}/tree/a.txt"));
        await SendAsync(reader, HttpMethod.Post, "/api/sessions", new { path = "b.txt", space = id, size = 1 }, 404, "no_entry");
        await SendAsync(owner, HttpMethod.Put, $"/api/spaces/{id}/members/user:{bob}", null, 204);
        Assert.Equal("a", await reader.GetStringAsync($"/api/spaces/{id}/tree/a.txt"));
        await SendAsync(reader, HttpMethod.Delete, $"/api/spaces/{id}/tree/a.txt", null, 403, "read_only");
        await SendAsync(reader, HttpMethod.Post, "/api/sessions", new { path = "b.txt", space = id, size = 1 }, 403, "read_only");
        await SendAsync(reader, HttpMethod.Put, $"/api/spaces/{id}/members/user:{bob}", new { canChange = true }, 403, "read_only");
        Assert.Equal(2,
            (await SendAsync(reader, HttpMethod.Get, $"/api/spaces/{id}/members", null, 200)).GetProperty("items").GetArrayLength());
        await SendAsync(owner, HttpMethod.Put, $"/api/spaces/{id}/members/user:{far}", null, 404, "no_such_user");
        await SendAsync(owner, HttpMethod.Put, $"/api/spaces/{id}/members/nobody", null, 404, "no_such_user");
        await SendAsync(owner, HttpMethod.Delete, $"/api/spaces/{id}/members/user:{ann}", null, 403, "not_permitted");
        await SendAsync(admin, HttpMethod.Patch, $"/api/spaces/{id}", new { name = "Renamed" }, 200);
        await SendAsync(admin, HttpMethod.Put, $"/api/spaces/{id}/members/user:{bob}", new { canChange = true }, 204);
        await SendAsync(reader, HttpMethod.Delete, $"/api/spaces/{id}/tree/a.txt", null, 204);
        await SendAsync(owner, HttpMethod.Delete, $"/api/spaces/{id}/members/user:{bob}", null, 204);
        Assert.Equal(404, await StatusAsync(reader, HttpMethod.Get, $"/api/spaces/{id}/members"));
        var shared = (await SendAsync(owner, HttpMethod.Get, "/api/spaces", null, 200)).GetProperty("items").EnumerateArray()
            .Single(one => one.GetProperty("kind").GetString() == "shared").GetProperty("id").GetString();
        await SendAsync(admin, HttpMethod.Get, $"/api/spaces/{shared}/members", null, 409, "no_team_space");
    }

    [Fact]
    public async Task A_removed_tenant_leaves_nothing_behind()
    {
        await TenantAsync("gone");
        var (only, key) = await UserAsync("vera", "member", "gone");
        var (both, _) = await UserAsync("wim", "member", "gone");
        await SendAsync(Operator, HttpMethod.Put, $"/api/users/{both}/memberships/default", new { role = "member" }, 200);
        foreach (var path in new[] { "/api/files/x.bin", "/api/tree/deep/in/it/y.bin?parents=true", "/api/tree/z.bin" })
        {
            using var put = await key.PutAsync(path, new ByteArrayContent(new byte[300_000]));
            Assert.Equal(201, (int)put.StatusCode);
        }

        await SendAsync(key, HttpMethod.Delete, "/api/tree/z.bin", null, 204);
        await SendAsync(key, HttpMethod.Post, "/api/sessions", new { fileName = "open.bin", size = 1000 }, 201);
        await SendAsync(Operator, HttpMethod.Delete, "/api/tenants/default", null, 403, "not_permitted");
        await SendAsync(Operator, HttpMethod.Delete, "/api/tenants/nowhere", null, 404, "no_such_tenant");
        await SendAsync(Operator, HttpMethod.Delete, "/api/tenants/gone", null, 202);
        Assert.Equal(401, await StatusAsync(key, HttpMethod.Get, "/api/me"));
        await Eventually.HoldsAsync(async () => await StatusAsync(Operator, HttpMethod.Get, "/api/tenants/gone") == 404);
        await SendAsync(Operator, HttpMethod.Get, $"/api/users/{only}", null, 404, "no_such_user");
        await SendAsync(Operator, HttpMethod.Get, $"/api/users/{both}", null, 200);
        foreach (var table in new[] { "uploads", "spaces", "events", "memberships", "api_keys", "browser_sessions", "audit", "usage",
            "limits" })
            Assert.Equal(0L, await CountAsync($"select count(*) from {table} where tenant = 'gone'"));
        Assert.Equal(0L, await CountAsync("select count(*) from entries where space not in (select id from spaces)"));
        Assert.Equal(0L, await CountAsync("select count(*) from extents"));
    }
}
