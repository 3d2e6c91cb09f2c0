using System.Text.Json;

namespace ChunkUpload.Tests.Functional.Access;

/// <summary>Links and keys end with the rights they were made with, and a scope permits no more than its name says.</summary>
public sealed partial class PeopleApiTests
{
    [Fact]
    public async Task Keys_that_have_expired_and_unknown_subjects_publish_nothing()
    {
        var made = await SendAsync(
            Operator, HttpMethod.Post, "/api/keys",
            new { name = "camera", kind = "tenant", scopes = new[] { "upload" }, expiresAt = TimeProvider.System.GetUtcNow().AddHours(1) },
            201);
        var key = made.GetProperty("key").GetProperty("id").GetString()!;
        // The first call that needs the shared space makes it.
        await SendAsync(Operator, HttpMethod.Get, "/api/spaces", null, 200);
        Assert.Equal(1, await MayPublishAsync($"key:{key}"));
        await CountAsync($"update chunkupload.api_keys set expires_at = now() where id = '{key}' returning 1");
        Assert.Equal(0, await MayPublishAsync($"key:{key}"));
        Assert.Equal(1, await MayPublishAsync("operator"));
        Assert.Equal(1, await MayPublishAsync("anonymous"));
        Assert.Equal(1, await MayPublishAsync("oidc:https://issuer.example.org:ann"));
        foreach (var unknown in new[] { "device:1", "key:1", "user:", "" })
            Assert.Equal(0, await MayPublishAsync(unknown));

        Task<long> MayPublishAsync(string subject) => CountAsync(
            "set search_path = chunkupload, chunkupload_functions; "
            + $"select may_publish(shared_space('default'), 'default', '{subject}')::int::bigint");
    }

    [Fact]
    public async Task A_key_that_may_not_read_copies_nothing()
    {
        using (var put = await Operator.PutAsync("/api/tree/secret.txt", new StringContent("secret")))
            Assert.Equal(201, (int)put.StatusCode);
        foreach (var (scopes, status) in new[] { (new[] { "upload" }, 403), (["upload", "list"], 403), (["upload", "read"], 201) })
        {
            using var key = ClientOf((await SendAsync(
                Operator, HttpMethod.Post, "/api/keys", new { name = "copier", kind = "tenant", scopes }, 201))
                .GetProperty("secret").GetString()!);
            await SendAsync(
                key, HttpMethod.Post, "/api/tree/copy", new { from = "secret.txt", to = "copy.txt" }, status,
                status == 403 ? "not_permitted" : null);
        }
    }

    [Fact]
    public async Task A_link_for_a_new_password_ends_when_its_user_gets_a_right_that_its_maker_may_not_have()
    {
        await TenantAsync("first");
        await TenantAsync("second");
        var (_, admin) = await UserAsync("boss", "admin", "first");
        var (id, _) = await UserAsync("rising", "member", "first");
        foreach (var (path, body) in new (string Path, object Body)[]
        {
            ($"/api/users/{id}/memberships/second", new { role = "admin" }), ($"/api/users/{id}", new { isOperator = true }),
        })
        {
            var token = await LinkAsync(admin, id);
            var method = path.EndsWith("second", StringComparison.Ordinal) ? HttpMethod.Put : HttpMethod.Patch;
            await StatusAsync(Operator, method, path, body);
            using var browser = new BrowserClient(_service);
            using var answer = await browser.PostAsync("/signin", new { link = token, password = "chosen by the admin" });
            Assert.Equal("link_ended", await CodeAsync(answer));
            await StatusAsync(Operator, HttpMethod.Delete, $"/api/users/{id}/memberships/second");
        }

        async Task<string> LinkAsync(HttpClient maker, string user) =>
            (await SendAsync(maker, HttpMethod.Post, $"/api/users/{user}/reset", null, 200)).GetProperty("link").GetString()!
                .Split("#link=")[1];
    }

    [Fact]
    public async Task The_scope_operate_alone_reads_and_changes_nothing()
    {
        await TenantAsync("kept");
        var made = await SendAsync(
            Operator, HttpMethod.Post, "/api/keys", new { name = "watch", kind = "tenant", scopes = new[] { "operate", "list" } }, 201);
        using var watch = ClientOf(made.GetProperty("secret").GetString()!);
        await SendAsync(watch, HttpMethod.Post, "/api/tenants", new { name = "more" }, 403, "not_permitted");
        await SendAsync(watch, HttpMethod.Patch, "/api/tenants/kept", new { suspended = true }, 403, "not_permitted");
        await SendAsync(watch, HttpMethod.Delete, "/api/tenants/kept", null, 403, "not_permitted");
        await SendAsync(watch, HttpMethod.Get, "/api/events?scope=all", null, 403, "not_permitted");
        Assert.Equal(403, await StatusAsync(watch, HttpMethod.Get, "/hangfire"));
        Assert.Equal(200, await StatusAsync(watch, HttpMethod.Get, "/api/networks"));
        Assert.Equal(200, await StatusAsync(watch, HttpMethod.Get, "/metrics"));
    }

    [Fact]
    public async Task A_refused_sign_in_session_is_told_of_its_account_and_of_no_key()
    {
        var (_, key) = await UserAsync("curious", "member", "default");
        using var browser = await SignedInAsync("curious", Password);
        var bySession = await BrowserAsync(browser, HttpMethod.Get, "/hangfire", null, 403, "not_permitted");
        var byKey = await SendAsync(key, HttpMethod.Get, "/hangfire", null, 403, "not_permitted");
        Assert.Equal("Your account may not do this. An administrator can change your role.", bySession.GetProperty("detail").GetString());
        Assert.Equal(
            "The key is valid, but may not do this. Use a key with the scope that is needed.", byKey.GetProperty("detail").GetString());
    }

    [Fact]
    public async Task An_administrators_session_alone_is_no_way_to_a_new_password()
    {
        var (id, key) = await UserAsync("boss", "admin", "default");
        await SendAsync(Operator, HttpMethod.Patch, $"/api/users/{id}", new { email = "boss@example.org" }, 200);
        using var browser = await SignedInAsync("boss", Password);
        foreach (var body in new object?[] { null, new { secondFactor = true } })
        {
            await BrowserAsync(browser, HttpMethod.Post, $"/api/users/{id}/reset", body, 403, "not_permitted");
            await SendAsync(key, HttpMethod.Post, $"/api/users/{id}/reset", body, 403, "not_permitted");
        }

        await BrowserAsync(browser, HttpMethod.Patch, $"/api/users/{id}", new { email = "thief@example.org" }, 403, "not_permitted");
        await BrowserAsync(browser, HttpMethod.Patch, $"/api/users/{id}", new { email = "" }, 403, "not_permitted");
        await BrowserAsync(browser, HttpMethod.Patch, $"/api/users/{id}", new { email = "boss@example.org", displayName = "Boss" }, 200);
        await SendAsync(Operator, HttpMethod.Post, $"/api/users/{id}/reset", null, 200);
    }

    [Fact]
    public async Task A_key_ends_with_the_key_that_made_it()
    {
        var first = await MadeAsync(Operator, "tenant");
        var second = await MadeAsync(first.Client, "tenant");
        var third = await MadeAsync(second.Client, "tenant");
        await SendAsync(Operator, HttpMethod.Delete, $"/api/keys/{first.Id}", null, 204);
        foreach (var (id, client) in new[] { first, second, third })
        {
            Assert.Equal(401, await StatusAsync(client, HttpMethod.Get, "/api/me"));
            var view = await SendAsync(Operator, HttpMethod.Get, $"/api/keys/{id}", null, 200);
            Assert.NotEqual(JsonValueKind.Null, view.GetProperty("revokedAt").ValueKind);
            await SendAsync(Operator, HttpMethod.Post, $"/api/keys/{id}/rotate", null, 409, "key_revoked");
        }

        async Task<(string Id, HttpClient Client)> MadeAsync(HttpClient maker, string kind)
        {
            var made = await SendAsync(
                maker, HttpMethod.Post, "/api/keys", new { name = "made", kind, scopes = new[] { "upload", "admin" } }, 201);
            return (made.GetProperty("key").GetProperty("id").GetString()!, ClientOf(made.GetProperty("secret").GetString()!));
        }
    }
}
