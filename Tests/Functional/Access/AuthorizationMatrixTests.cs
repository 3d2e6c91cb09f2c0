using System.Net.Http.Json;
using System.Text.Json;
using System.Text.RegularExpressions;
using ChunkUpload.Api.Access;
using ChunkUpload.Core.Access;
using ChunkUpload.Core.Access.Links;
using ChunkUpload.Tests.Functional.Dav;
using ChunkUpload.Tests.Support;
using Dapper;
using Microsoft.AspNetCore.Authorization;
using Microsoft.AspNetCore.Routing;
using Microsoft.Extensions.DependencyInjection;
using Npgsql;

namespace ChunkUpload.Tests.Functional.Access;

/// <summary>
/// Every route of the running service for every kind of caller. A caller's access follows from the policy that the route names; what a
/// handler decides beyond that is in a table. Routes that are added later are tested too.
/// </summary>
public sealed partial class AuthorizationMatrixTests(PostgresFixture postgres) : IClassFixture<PostgresFixture>, IAsyncLifetime
{
    private const string Anonymous = "anonymous";
    private const string Viewer = "viewer";
    private const string Member = "member";
    private const string OtherMember = "other member";
    private const string OtherAdmin = "admin of another tenant";
    private const string Admin = "admin";
    private const string OperatorKey = "operator key";
    private const string Token = "token of the issuer";
    private const string Session = "session of a member";
    private const string EndedSession = "session that was signed out";

    /// <summary>The caller is authorized, whatever the outcome of the request.</summary>
    private const int LetIn = 0;

    private static readonly string[] NotValid =
    [
        "revoked key", "expired key", "disabled user", "suspended tenant", "tampered key", "expired token", "token that is not valid yet",
        "tampered token", "token with alg none", "token of another key", EndedSession,
    ];

    private static readonly Dictionary<string, Scopes> Holds = new(StringComparer.Ordinal)
    {
        [Viewer] = Role.Viewer.Grants(),
        [Member] = Role.Member.Grants(),
        [OtherMember] = Role.Member.Grants(),
        [OtherAdmin] = Role.Admin.Grants(),
        [Admin] = Role.Admin.Grants(),
        [OperatorKey] = Scopes.All,
        // A transfer continues without its owner, but a token expires; and a device needs a key.
        [Token] = Role.Member.Grants() & ~Scopes.Transfers & ~Scopes.Projects,
        [Session] = Role.Member.Grants(),
    };

    /// <summary>Handlers that refuse callers whom the policy admits: only a signed-in browser session may change an account.</summary>
    private static readonly string[] NeedSession =
    [
        "POST /api/me/second-factor", "GET /api/me/linked-accounts", "HEAD /api/me/linked-accounts",
        "GET /api/key-requests/{code}", "HEAD /api/key-requests/{code}", "POST /api/key-requests/{code}/confirm",
        "POST /api/key-requests/{code}/refuse", "DELETE /api/me/linked-accounts/{id}",
        "GET /api/sign-ins", "HEAD /api/sign-ins", "DELETE /api/sign-ins/{id}",
    ];

    /// <summary>Copies need the right to read as well, because others may read the copy.</summary>
    private static readonly string[] NeedRead = ["POST /api/tree/copy", "POST /api/spaces/{space}/tree/copy", "COPY /dav/{**path}"];

    /// <summary>Programs that ask for a key send them, from no page.</summary>
    private static readonly string[] OfPrograms = ["/oauth/device", "/oauth/token"];

    /// <summary>Routes without a policy. The POSTs of pages among them look at the request's origin.</summary>
    private static readonly string[] Public =
        ["/health/live", "/health/ready", "/signin", "/signin/state", "/signin/issuer", "/signin/forgotten", "/signout",
            .. OfPrograms];

    /// <summary>
    /// Every route that admits a link with a minimal request. POST /files would need a length; links have their own routes.
    /// </summary>
    private static readonly string[] ReachedByLinks =
    [
        "upload: OPTIONS /files", "upload: OPTIONS /files/{id}", "upload: OPTIONS /uploads", "upload: OPTIONS /uploads/{id}",
        "upload: POST /uploads", "upload: PUT /uploads", "upload: PUT /uploads/{**name}",
    ];

    private readonly Dictionary<string, HttpClient> _clients = new(StringComparer.Ordinal);
    private TokenIssuer _issuer = null!;
    private TestService _service = null!;

    public async Task InitializeAsync()
    {
        _issuer = await TokenIssuer.StartAsync();
        _service = await TestService.StartAsync(postgres, new Dictionary<string, string>
        {
            ["Tokens:Issuer"] = _issuer.Address,
            ["Tokens:Audience"] = "uploads",
            ["Tokens:Tenants"] = "default",
        });
        _clients[Anonymous] = _service.CreateClient(withKey: false);
        _clients[OperatorKey] = _service.Client;
        await PostAsync("/api/tenants", new { name = "foreign" });
        await PostAsync("/api/tenants", new { name = "halted" });
        _clients[Viewer] = await UserAsync("viewer", Role.Viewer);
        _clients[Member] = await UserAsync("member", Role.Member);
        _clients[OtherMember] = await UserAsync("other", Role.Member);
        _clients[OtherAdmin] = await UserAsync("stranger", Role.Admin, "foreign");
        _clients[Admin] = await UserAsync("admin", Role.Admin);
        _clients["revoked key"] = await UserAsync("revoked", Role.Member);
        _clients["expired key"] = await UserAsync("expired", Role.Member, expiresAt: TimeProvider.System.GetUtcNow().AddDays(-1));
        _clients["disabled user"] = await UserAsync("disabled", Role.Member);
        _clients["suspended tenant"] = await UserAsync("suspended", Role.Admin, "halted");
        _clients["tampered key"] = ClientOf(KeySecret.New().Text);
        AddTokens();
        _clients[Session] = await SessionAsync("browsing", signOut: false);
        _clients[EndedSession] = await SessionAsync("gone", signOut: true);
        await using (var connection = new NpgsqlConnection(_service.ConnectionString))
        {
            await connection.ExecuteAsync("""
                update api_keys set revoked_at = now() where user_id = (select id from users where name = 'revoked');
                update users set enabled = false where name = 'disabled';
                update tenants set suspended_at = now() where name = 'halted'
                """);
        }

        _service.Services.GetRequiredService<Credentials>().Forget();
    }

    public async Task DisposeAsync()
    {
        await _service.DisposeAsync();
        await _issuer.DisposeAsync();
    }

    [Fact]
    public async Task Every_route_admits_exactly_the_callers_of_its_policy()
    {
        var faults = new List<string>();
        var seen = 0;
        foreach (var (method, pattern, policy) in Routes())
        {
            foreach (var (who, client) in _clients)
            {
                // Signing out would end the session for the routes after it.
                if (who == Session && pattern == "/signout")
                    continue;
                using var request = RequestOf(method, Concrete(pattern, Guid.NewGuid().ToString("n")));
                using var answer = await client.SendAsync(request, HttpCompletionOption.ResponseHeadersRead);
                var status = (int)answer.StatusCode;
                var expected = Expected(method, pattern, policy, who);
                if (expected == LetIn ? status is 401 or 403 : status != expected)
                    faults.Add($"{method} {pattern} ({policy ?? "public"}) as {who}: {status} instead of {expected}");
                seen++;
                if (pattern.StartsWith("/dav/", StringComparison.Ordinal)
                    && client.DefaultRequestHeaders.Authorization is { Scheme: "Bearer", Parameter: { } key })
                {
                    // The same as the password of HTTP Basic, which only keys can be.
                    using var basic = RequestOf(method, Concrete(pattern, ""));
                    basic.Headers.Authorization = DavClient.Basic("anybody", key);
                    using var other = await client.SendAsync(basic, HttpCompletionOption.ResponseHeadersRead);
                    var wanted = who == Token && policy is not null ? 401 : expected;
                    if (wanted == LetIn ? (int)other.StatusCode is 401 or 403 : (int)other.StatusCode != wanted)
                        faults.Add($"{method} {pattern} with a password as {who}: {(int)other.StatusCode} instead of {wanted}");
                }
            }
        }

        Assert.True(seen > 1000, $"{seen}");
        Assert.True(faults.Count == 0, string.Join('\n', faults));
    }

    [Fact]
    public async Task A_foreign_object_is_answered_like_an_absent_one()
    {
        // The member's objects: a finished file, an open session, a tus upload, a space of his own with a file, a key.
        var member = _clients[Member];
        var file = await IdAsync(await member.PutAsync("/api/files/secret.txt", new StringContent("secret")));
        var session = await IdAsync(await member.PostAsJsonAsync("/api/sessions", new { fileName = "open.bin", size = 1000 }));
        var tus = await TusAsync(member);
        var space = await OwnSpaceAsync(member);
        var entry = await IdAsync(await member.PutAsync($"/api/spaces/{space}/tree/x", new StringContent("mine")));
        var keys = (await member.GetFromJsonAsync<JsonElement>("/api/keys")).GetProperty("items");
        var key = keys[0].GetProperty("id").GetString()!;
        var hooked = await _clients[Admin].PostAsJsonAsync("/api/webhooks", new { url = "https://hooks.example.org/" });
        var webhook = (await hooked.Content.ReadFromJsonAsync<JsonElement>()).GetProperty("webhook").GetProperty("id").GetString()!;
        var (connection, transfer) = await TransferAsync(member);
        var (schedule, template) = await ScheduleAsync(member, connection);
        var sync = await SyncAsync(member);
        var things = new Dictionary<string, string[]>(StringComparer.Ordinal)
        {
            ["/api/projects/{id}"] = [await IdAsync(await member.PostAsJsonAsync("/api/projects", new { name = "mine" }))],
            ["/api/devices/{id}"] = [await IdAsync(await member.PostAsJsonAsync("/api/devices", new { name = "laptop" }))],
            ["/api/connections/{id}"] = [connection],
            ["/api/transfers/{id}"] = [transfer],
            ["/api/schedules/{id}"] = [schedule],
            ["/api/templates/{id}"] = [template],
            ["/api/syncs/{id}"] = [sync],
            ["/api/conflicts/{id}"] = [await ConflictAsync(sync)],
            ["/api/files/{id}"] = [file],
            ["/api/sessions/{id}"] = [session],
            ["/files/{id}"] = [tus],
            ["/uploads/{id}"] = [session],
            ["/api/spaces/{space}"] = [space],
            ["/api/entries/{id}"] = [entry, space],
            ["/api/keys/{id}"] = [key],
            ["/api/trash/{id}"] = [entry],
            ["/api/webhooks/{id}"] = [webhook],
        };

        var faults = new List<string>();
        var compared = 0;
        foreach (var (method, pattern, policy) in Routes().Where(route => route.Policy is not null))
        {
            var kind = things.Keys.FirstOrDefault(kind => pattern == kind || pattern.StartsWith(kind + "/", StringComparison.Ordinal));
            if (kind is null)
                continue;
            foreach (var id in things[kind])
            {
                foreach (var who in new[] { OtherMember, OtherAdmin })
                {
                    var foreign = await AnswerAsync(_clients[who], method, Concrete(pattern, id), id);
                    var nowhere = Guid.NewGuid().ToString("n");
                    var absent = await AnswerAsync(_clients[who], method, Concrete(pattern, nowhere), nowhere);
                    if (foreign != absent)
                        faults.Add($"{method} {pattern} as {who}:\n  foreign {foreign}\n  absent  {absent}");
                    compared++;
                }
            }
        }

        Assert.True(compared > 60, $"{compared}");
        Assert.True(faults.Count == 0, string.Join('\n', faults));

        // Nothing was changed: the tenant's admin and the owner still see everything.
        foreach (var who in new[] { Member, Admin, OperatorKey })
        {
            Assert.Equal("secret", await _clients[who].GetStringAsync($"/api/files/{file}/content"));
            Assert.Equal("mine", await _clients[who].GetStringAsync($"/api/spaces/{space}/tree/x"));
            Assert.Equal(200, (int)(await _clients[who].GetAsync($"/api/sessions/{session}")).StatusCode);
            Assert.Equal(200, (int)(await _clients[who].GetAsync($"/api/keys/{key}")).StatusCode);
        }
    }

    [Fact]
    public async Task A_link_reaches_what_it_is_for_and_no_other_route()
    {
        var member = _clients[Member];
        var file = await IdAsync(await member.PutAsync("/api/files/secret.txt", new StringContent("secret")));
        using (var placed = await member.PutAsync("/api/tree/shown.txt", new StringContent("shown")))
            Assert.Equal(201, (int)placed.StatusCode);
        using (var folder = await member.PutAsync("/api/tree/inbox/", null))
            Assert.Equal(201, (int)folder.StatusCode);
        var links = new Dictionary<string, string>(StringComparer.Ordinal)
        {
            ["upload"] = await LinkAsync(member, new { kind = "upload", title = "in", path = "inbox" }),
            ["download"] = await LinkAsync(member, new { kind = "download", title = "out", path = "shown.txt" }),
            ["revoked upload"] = await LinkAsync(member, new { kind = "upload", title = "revoked", path = "inbox" }),
            ["revoked download"] = await LinkAsync(member, new { kind = "download", title = "revoked", path = "shown.txt" }),
            ["expired upload"] = await LinkAsync(member, new { kind = "upload", title = "expired", path = "inbox" }),
            ["disabled download"] = await LinkAsync(member, new { kind = "download", title = "disabled", path = "shown.txt" }),
            ["unknown"] = LinkToken.New(),
        };
        await using (var connection = new NpgsqlConnection(_service.ConnectionString))
        {
            await connection.ExecuteAsync("""
                update links set revoked_at = now() where title = 'revoked';
                update links set expires_at = now() - interval '1 minute' where title = 'expired';
                update links set disabled_at = now() where title = 'disabled'
                """);
        }

        _service.Services.GetRequiredService<Credentials>().Forget();
        var reached = new SortedSet<string>(StringComparer.Ordinal);
        using var anonymous = _service.CreateClient(withKey: false);
        foreach (var (method, pattern, _) in Routes())
        {
            foreach (var (who, token) in links)
            {
                using var request = RequestOf(method, $"/l/{token}{Concrete(pattern, file)}");
                using var answer = await anonymous.SendAsync(request);
                Assert.DoesNotContain("secret", await answer.Content.ReadAsStringAsync(), StringComparison.Ordinal);
                if (answer.IsSuccessStatusCode)
                    reached.Add($"{who}: {method} {pattern}");
            }
        }

        Assert.True(ReachedByLinks.SequenceEqual(reached), string.Join('\n', reached));
        Assert.Equal("secret", await member.GetStringAsync($"/api/files/{file}/content"));
    }

    private static async Task<string> LinkAsync(HttpClient maker, object link)
    {
        using var answer = await maker.PostAsJsonAsync("/api/links", link);
        var made = await answer.Content.ReadFromJsonAsync<JsonElement>();
        Assert.True(answer.IsSuccessStatusCode, made.ToString());
        return made.GetProperty("token").GetString()!;
    }

    private static int Expected(string method, string pattern, string? policy, string who)
    {
        if (policy is null)
            return method == "POST" && who is not (Session or EndedSession) && !OfPrograms.Contains(pattern) ? 403 : LetIn;
        // To a request that does not come through a link, the endpoints of links are answered as absent.
        if (policy == AccessPolicy.Link)
            return 404;
        // A page does not use WebDAV, so cookies are not looked at there.
        var cookie = who == Session && pattern.StartsWith("/dav/", StringComparison.Ordinal);
        if (who == Anonymous || NotValid.Contains(who) || cookie)
            return 401;
        var lacks = policy is AccessPolicy.Share or AccessPolicy.Look
            ? (Holds[who] & (policy == AccessPolicy.Share ? Scopes.Upload | Scopes.Read : Scopes.Read | Scopes.List)) == 0
            : !Holds[who].HasFlag(AccessPolicy.All[policy]);
        if (lacks)
            return 403;
        if (NeedRead.Contains($"{method} {pattern}") && !Holds[who].HasFlag(Scopes.Read))
            return 403;
        // The operator key sees all sign-ins, and has no account either.
        var ofSignIns = pattern.StartsWith("/api/sign-ins", StringComparison.Ordinal);
        return NeedSession.Contains($"{method} {pattern}") && who != Session && !(ofSignIns && who == OperatorKey) ? 403 : LetIn;
    }

    private IEnumerable<(string Method, string Pattern, string? Policy)> Routes()
    {
        foreach (var endpoint in _service.Services.GetRequiredService<EndpointDataSource>().Endpoints.OfType<RouteEndpoint>())
        {
            var pattern = "/" + endpoint.RoutePattern.RawText!.TrimStart('/');
            var methods = endpoint.Metadata.GetMetadata<HttpMethodMetadata>()?.HttpMethods ?? ["GET"];
            var policies = endpoint.Metadata.GetOrderedMetadata<IAuthorizeData>();
            // OPTIONS only describes the protocol.
            var isPublic = Public.Contains(pattern) || methods is ["OPTIONS"];
            Assert.True(isPublic == (endpoint.Metadata.GetMetadata<IAllowAnonymous>() is not null), $"{pattern} is open to everybody");
            Assert.True(isPublic || policies.Count == 1, $"{pattern} names no policy");
            // Http2Tests open a WebSocket by CONNECT.
            foreach (var method in methods.Where(method => method != "CONNECT"))
                yield return (method, pattern, isPublic ? null : policies[0].Policy!);
        }
    }

    private static string Concrete(string pattern, string id) => Parameter().Replace(pattern, match =>
        match.Groups[1].Value is "id" or "space" ? id : match.Groups[1].Value.StartsWith("**", StringComparison.Ordinal) ? "x" : "absent");

    private static HttpRequestMessage RequestOf(string method, string path)
    {
        var request = new HttpRequestMessage(new HttpMethod(method), path);
        if (path.StartsWith("/files", StringComparison.Ordinal))
            request.Headers.Add("Tus-Resumable", "1.0.0");
        // Without it, the request means the folder with everything below it, which nobody may read.
        if (method == "PROPFIND")
            request.Headers.Add("Depth", "0");
        return request;
    }

    /// <summary>Status and body, without what differs from request to request.</summary>
    private static async Task<string> AnswerAsync(HttpClient client, string method, string path, string id)
    {
        using var request = RequestOf(method, path);
        using var answer = await client.SendAsync(request);
        var text = (await answer.Content.ReadAsStringAsync()).Replace(id, "ID", StringComparison.Ordinal);
        return $"{(int)answer.StatusCode} {RequestId().Replace(text, "")}";
    }

    private async Task<JsonElement> PostAsync(string path, object body)
    {
        using var answer = await _service.Client.PostAsJsonAsync(path, body);
        Assert.Equal(201, (int)answer.StatusCode);
        return await answer.Content.ReadFromJsonAsync<JsonElement>();
    }

    private static async Task<string> IdAsync(HttpResponseMessage answer)
    {
        using (answer)
        {
            Assert.Equal(201, (int)answer.StatusCode);
            return (await answer.Content.ReadFromJsonAsync<JsonElement>()).GetProperty("id").GetString()!;
        }
    }

    private static async Task<string> TusAsync(HttpClient client)
    {
        using var request = new HttpRequestMessage(HttpMethod.Post, "/files");
        request.Headers.Add("Tus-Resumable", "1.0.0");
        request.Headers.Add("Upload-Length", "1000");
        using var answer = await client.SendAsync(request);
        Assert.Equal(201, (int)answer.StatusCode);
        return answer.Headers.Location!.OriginalString.Split('/')[^1];
    }

    private static async Task<string> OwnSpaceAsync(HttpClient client) =>
        (await client.GetFromJsonAsync<JsonElement>("/api/me")).GetProperty("space").GetString()!;

    [GeneratedRegex(@"\{(\**[a-z]+)\}")]
    private static partial Regex Parameter();

    [GeneratedRegex(@"""(requestId|retryAfterMs)"":[^,}]*")]
    private static partial Regex RequestId();
}
