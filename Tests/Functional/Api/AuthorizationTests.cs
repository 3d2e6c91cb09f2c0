using System.Net;
using System.Net.Http.Headers;
using System.Security.Claims;
using ChunkUpload.Api.Access;
using ChunkUpload.Api.Access.Links;
using ChunkUpload.Core.Access;
using ChunkUpload.Core.Access.Links;
using ChunkUpload.Core.Hosting;
using ChunkUpload.Tests.Support;
using Microsoft.AspNetCore.Authorization;
using Microsoft.AspNetCore.Http;
using Microsoft.AspNetCore.Routing;
using Microsoft.AspNetCore.Routing.Patterns;
using Microsoft.Extensions.DependencyInjection;

namespace ChunkUpload.Tests.Functional.Api;

/// <summary>The requirements of each endpoint. The list comes from the running service, so new endpoints are tested, too.</summary>
[Collection(ApiCollection.Name)]
public sealed class AuthorizationTests(ApiFixture fixture)
{
    // The POSTs among them check the request's origin themselves.
    private static readonly string[] Public =
        [
            "/health/live", "/health/ready", "/signin", "/signin/state", "/signin/issuer", "/signin/forgotten", "/signout", "/oauth/device",
            "/oauth/token",
        ];

    private List<RouteEndpoint> Endpoints() =>
        [.. fixture.Service.Services.GetRequiredService<EndpointDataSource>().Endpoints.OfType<RouteEndpoint>()];

    [Fact]
    public void Every_endpoint_names_one_policy_or_is_explicitly_anonymous()
    {
        var endpoints = Endpoints();
        Assert.True(endpoints.Count > 20);
        Assert.All(endpoints, endpoint =>
        {
            var policies = endpoint.Metadata.GetOrderedMetadata<IAuthorizeData>();
            if (endpoint.Metadata.GetMetadata<IAllowAnonymous>() is not null)
                Assert.Empty(policies);
            else
                Assert.Contains(
                    Assert.Single(policies).Policy!,
                    AccessPolicy.All.Keys.Concat([AccessPolicy.Link, AccessPolicy.Share, AccessPolicy.Look]));
        });
    }

    [Theory]
    [InlineData("/files/{id}", AccessPolicy.Upload)]
    [InlineData("/uploads/{id}", AccessPolicy.Upload)]
    [InlineData("/api/sessions/{id}", AccessPolicy.Upload)]
    [InlineData("/api/files/{id}", AccessPolicy.Delete)]
    public void To_cancel_an_upload_is_to_upload_and_to_delete_a_file_is_to_delete(string pattern, string policy)
    {
        var endpoint = Assert.Single(Endpoints(), endpoint =>
            endpoint.RoutePattern.RawText == pattern && endpoint.Metadata.GetMetadata<HttpMethodMetadata>()!.HttpMethods is ["DELETE"]);
        Assert.Equal(policy, endpoint.Metadata.GetRequiredMetadata<IAuthorizeData>().Policy);
    }

    [Fact]
    public async Task Every_endpoint_needs_the_key_but_those_that_are_meant_to_be_public()
    {
        var endpoints = Endpoints();
        using var client = fixture.Service.CreateClient(withKey: false);
        foreach (var endpoint in endpoints)
        {
            var pattern = "/" + endpoint.RoutePattern.RawText!.TrimStart('/');
            var methods = endpoint.Metadata.GetMetadata<HttpMethodMetadata>()!.HttpMethods;
            // OPTIONS only reveals the protocol.
            var isPublic = Public.Contains(pattern) || methods is ["OPTIONS"];
            Assert.Equal(isPublic, endpoint.Metadata.GetMetadata<IAllowAnonymous>() is not null);
            // Http2Tests open a WebSocket by CONNECT.
            foreach (var method in methods.Where(method => method != "CONNECT"))
            {
                var path = pattern.Replace("{**name}", "x", StringComparison.Ordinal).Replace("{", "", StringComparison.Ordinal)
                    .Replace("}", "", StringComparison.Ordinal);
                using var request = new HttpRequestMessage(new HttpMethod(method), ApiClient.At(path));
                if (path.StartsWith("/files", StringComparison.Ordinal))
                    request.Headers.Add("Tus-Resumable", "1.0.0");
                using var answer = await client.SendAsync(request);
                // To a request that does not come through a link, the endpoints of links are answered as absent.
                var expected = endpoint.Metadata.GetMetadata<IAuthorizeData>()?.Policy == AccessPolicy.Link ? HttpStatusCode.NotFound
                    : !isPublic ? HttpStatusCode.Unauthorized
                    // Programs send a form there, and no browser does.
                    : pattern.StartsWith("/oauth/", StringComparison.Ordinal) ? HttpStatusCode.BadRequest
                    : method == "POST" ? HttpStatusCode.Forbidden : HttpStatusCode.OK;
                Assert.True(answer.StatusCode == expected, $"{method} {path}: {answer.StatusCode}");
            }
        }
    }

    [Fact]
    public async Task An_endpoint_without_a_policy_is_denied_to_every_caller()
    {
        var authorization = fixture.Service.Services.GetRequiredService<IAuthorizationService>();
        var fallback = (await fixture.Service.Services.GetRequiredService<IAuthorizationPolicyProvider>().GetFallbackPolicyAsync())!;
        var caller = new ClaimsPrincipal(new CallerIdentity(Caller.Operator));
        var context = new DefaultHttpContext();
        Assert.True((await authorization.AuthorizeAsync(caller, context, fallback)).Succeeded);
        context.SetEndpoint(new RouteEndpoint(_ => Task.CompletedTask, RoutePatternFactory.Parse("/forgotten"), 0, null, null));
        Assert.False((await authorization.AuthorizeAsync(caller, context, fallback)).Succeeded);
    }

    [Fact]
    public async Task A_policy_accepts_only_callers_with_its_scope()
    {
        var authorization = fixture.Service.Services.GetRequiredService<IAuthorizationService>();
        foreach (var (policy, scope) in AccessPolicy.All)
        {
            async Task<bool> Passes(ClaimsPrincipal user) => (await authorization.AuthorizeAsync(user, null, policy)).Succeeded;
            ClaimsPrincipal With(Scopes scopes) => new(new CallerIdentity(new Caller("default", "somebody") { Scopes = scopes }));
            Assert.True(await Passes(With(scope)), policy);
            // Only the policy for what callers do about themselves requires no scope.
            Assert.Equal(policy == AccessPolicy.Self, await Passes(With(Scopes.All & ~scope)));
            Assert.Equal(policy == AccessPolicy.Self, scope == Scopes.None);
            Assert.False(await Passes(new ClaimsPrincipal(new ClaimsIdentity("Other"))), policy);
            Assert.False(await Passes(new ClaimsPrincipal()), policy);
        }
    }

    [Fact]
    public async Task Links_reach_the_endpoints_that_say_so_and_make_no_further_links()
    {
        var authorization = fixture.Service.Services.GetRequiredService<IAuthorizationService>();
        async Task<bool> Passes(Caller caller, string policy) =>
            (await authorization.AuthorizeAsync(new ClaimsPrincipal(new CallerIdentity(caller)), null, policy)).Succeeded;
        var link = new ShareLink(
            Guid.NewGuid(), ShareLinkKind.Upload, "default", "", "operator", null, null, null, null, default, default, null)
        { Uploads = UploadLimits.None };
        var through = new Caller("default", link.Subject) { Scopes = Scopes.Upload, Grant = new LinkGrant(link, Caller.Operator) };
        Assert.True(await Passes(through, AccessPolicy.Link));
        Assert.False(await Passes(through, AccessPolicy.Share));
        Assert.False(await Passes(Caller.Operator, AccessPolicy.Link));
        Assert.True(await Passes(new Caller("default", "somebody") { Scopes = Scopes.Upload }, AccessPolicy.Share));
        Assert.False(await Passes(new Caller("default", "somebody") { Scopes = Scopes.List | Scopes.Jobs }, AccessPolicy.Share));
        var reached = Endpoints().Where(endpoint => endpoint.Metadata.GetMetadata<ReachedByLink>() is not null)
            .Select(endpoint => "/" + endpoint.RoutePattern.RawText!.TrimStart('/')).Distinct().Order(StringComparer.Ordinal);
        Assert.Equal(
            [
                "/api/sessions", "/api/sessions/{id}", "/api/sessions/{id}/chunks/{offset}", "/api/sessions/{id}/complete",
                "/api/sessions/{id}/missing", "/files", "/files/{id}", "/l/about", "/l/archive.zip", "/l/content", "/l/files/{**name}",
                "/l/page", "/l/password", "/l/tree/{**path}", "/uploads", "/uploads/{**name}", "/uploads/{id}",
            ],
            reached);
    }

    [Theory]
    [InlineData("GET", "/api/files/x")]
    [InlineData("PUT", "/api/files")]
    [InlineData("POST", "/api/sessions/x")]
    [InlineData("POST", "/nothing")]
    [InlineData("PATCH", "/api/sessions")]
    [InlineData("DELETE", "/health/live")]
    [InlineData("HEAD", "/files/x")]
    [InlineData("TRACE", "/")]
    public async Task Without_a_key_a_method_or_address_that_does_not_exist_answers_like_any_other(string method, string path)
    {
        using var client = fixture.Service.CreateClient(withKey: false);
        using var request = new HttpRequestMessage(new HttpMethod(method), ApiClient.At(path));
        request.Headers.Add("Tus-Resumable", "1.0.0");
        using var answer = await client.SendAsync(request);
        Assert.Equal(HttpStatusCode.Unauthorized, answer.StatusCode);
        Assert.Equal("unauthorized", answer.Headers.GetValues("X-Error-Code").Single());
        Assert.False(answer.Content.Headers.Contains("Allow"));
    }

    [Theory]
    [InlineData("/api")]
    [InlineData("/api/nothing")]
    [InlineData("/nothing")]
    [InlineData("/operator.key")]
    [InlineData("/appsettings.json")]
    [InlineData("/wwwroot/index.html")]
    [InlineData("/metrics")]
    [InlineData("/swaggerx")]
    [InlineData("/api/swagger")]
    [InlineData("/health")]
    [InlineData("/health/ready/x")]
    public async Task Request_without_a_key_does_not_learn_what_exists(string path)
    {
        using var client = fixture.Service.CreateClient(withKey: false);
        using var answer = await client.GetAsync(ApiClient.At(path));
        await ApiClient.ProblemAsync(answer, HttpStatusCode.Unauthorized, "unauthorized");
        Assert.Equal("Bearer realm=\"ChunkUpload\"", answer.Headers.WwwAuthenticate.Single().ToString());
    }

    [Theory]
    [InlineData("Bearer", "unauthorized", "one Authorization header")]
    [InlineData("Bearer ", "unauthorized", "one Authorization header")]
    [InlineData("Bearer cu_op_AAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAA", "invalid_key", "is not valid here")]
    [InlineData("Basic b3BlcmF0b3I6a2V5", "unauthorized", "Basic authentication is not supported")]
    [InlineData("basic b3BlcmF0b3I6a2V5", "unauthorized", "Basic authentication is not supported")]
    [InlineData("{key}", "unauthorized", "one Authorization header")]
    [InlineData("Token {key}", "unauthorized", "one Authorization header")]
    [InlineData("Bearer {key}x", "invalid_key", "is not valid here")]
    [InlineData("Bearer {key},Bearer {key}", "invalid_key", "is not valid here")]
    [InlineData("Bearer {key}\r\nAuthorization: Bearer {key}", "unauthorized", "one Authorization header")]
    [InlineData("Bearer \"{key}\"", "invalid_key", "is not valid here")]
    public async Task Every_other_authorization_is_refused_with_its_own_sentence(string header, string code, string sentence)
    {
        var answer = await RawConnection.AnswerAsync(
            fixture.Service.Address,
            $"GET /api/files HTTP/1.1\r\nHost: a\r\nConnection: close\r\nAuthorization: "
                + $"{header.Replace("{key}", fixture.Service.Key, StringComparison.Ordinal)}\r\n\r\n");
        Raw.Problem(answer, 401, code);
        Assert.Contains("error=\"invalid_token\"", Raw.Head(answer), StringComparison.Ordinal);
        Assert.Contains(sentence, answer, StringComparison.Ordinal);
    }

    [Theory]
    [InlineData("bearer")]
    [InlineData("BEARER  ")]
    public async Task The_scheme_may_be_written_in_either_case(string scheme)
    {
        var answer = await RawConnection.AnswerAsync(
            fixture.Service.Address,
                $"GET /api/files HTTP/1.1\r\nHost: a\r\nConnection: close\r\nAuthorization: {scheme} {fixture.Service.Key}\r\n\r\n");
        Assert.StartsWith("HTTP/1.1 200 ", answer, StringComparison.Ordinal);
    }

    [Fact]
    public async Task A_key_in_the_query_is_no_key()
    {
        using var client = fixture.Service.CreateClient(withKey: false);
        using var answer = await client.GetAsync(ApiClient.At($"/api/files?access_token={fixture.Service.Key}"));
        Assert.Equal(HttpStatusCode.Unauthorized, answer.StatusCode);
    }

    [Fact]
    public async Task A_preflight_is_answered_without_a_key_and_no_other_OPTIONS()
    {
        using var client = fixture.Service.CreateClient(withKey: false);
        using var request = new HttpRequestMessage(HttpMethod.Options, ApiClient.At("/api/sessions"));
        request.Headers.Add("Origin", "https://example.org");
        request.Headers.Add("Access-Control-Request-Method", "POST");
        using var answer = await client.SendAsync(request);
        Assert.Equal(HttpStatusCode.NoContent, answer.StatusCode);
        using var plain = await client.SendAsync(new HttpRequestMessage(HttpMethod.Options, ApiClient.At("/api/sessions")));
        Assert.Equal(HttpStatusCode.Unauthorized, plain.StatusCode);
    }

    [Fact]
    public async Task A_large_body_without_a_key_is_refused_and_the_client_sees_it()
    {
        using var client = fixture.Service.CreateClient(withKey: false);
        foreach (var size in new[] { 1000, 1 << 20, 15 << 20 })
        {
            using var answer = await client.PutAsync(ApiClient.At("/api/files/x"), new ByteArrayContent(new byte[size]));
            await ApiClient.ProblemAsync(answer, HttpStatusCode.Unauthorized, "unauthorized");
        }
    }

    [Fact]
    public async Task An_endless_body_without_a_key_is_answered_at_once_and_then_cut()
    {
        using var connection = await RawConnection.OpenAsync(fixture.Service.Address);
        await connection.SendAsync("PUT /api/files/x HTTP/1.1\r\nHost: a\r\nTransfer-Encoding: chunked\r\n\r\n");
        var answer = await connection.ReadAnswerAsync();
        Raw.Problem(answer, 401, "unauthorized");
        Assert.Contains("Connection: close", Raw.Head(answer), StringComparison.Ordinal);
        var extent = new byte[(1 << 20) + 10];
        System.Text.Encoding.ASCII.GetBytes("100000\r\n").CopyTo(extent, 0);
        System.Text.Encoding.ASCII.GetBytes("\r\n").CopyTo(extent, extent.Length - 2);
        // Far more than the service reads of a refused body; sockets buffer a few MiB themselves.
        await Assert.ThrowsAnyAsync<IOException>(async () =>
        {
            for (var i = 0; i < 200; i++)
                await connection.SendAsync(extent);
        });
    }

    [Fact]
    public async Task Health_tells_figures_only_to_those_who_have_the_key()
    {
        using var client = fixture.Service.CreateClient(withKey: false);
        Assert.Equal("""{"status":"ready"}""", await client.GetStringAsync(ApiClient.At("/health/ready")));
        Assert.Equal("""{"status":"live"}""", await client.GetStringAsync(ApiClient.At("/health/live")));
        var checks = (await fixture.Api.GetAsync("/health/ready")).GetProperty("checks");
        Assert.True(checks.GetProperty("database").GetProperty("ok").GetBoolean());
        Assert.True(checks.GetProperty("disk").GetProperty("figures").GetProperty("freeBytes").GetInt64() > 0);
    }

    [Fact]
    public async Task Open_serves_this_machine_without_a_key_and_keeps_web_pages_out()
    {
        var postgres = new PostgresFixture();
        await postgres.InitializeAsync();
        await using var service = await TestService.StartAsync(postgres, new Dictionary<string, string> { ["Access:Mode"] = "Open" });
        Assert.False(File.Exists(service.KeyFile));
        using (var file = await service.Client.PutAsync(ApiClient.At("/api/files/x"), new ByteArrayContent([1])))
            Assert.Equal(HttpStatusCode.Created, file.StatusCode);

        async Task<string> Ask(string host, string more = "") => await RawConnection.AnswerAsync(
            service.Address, $"GET /api/files HTTP/1.1\r\nHost: {host}\r\nConnection: close\r\n{more}\r\n");
        Assert.StartsWith("HTTP/1.1 200 ", await Ask("localhost"), StringComparison.Ordinal);
        Raw.Problem(await Ask("rebound.example"), 403, "forbidden_origin");
        Raw.Problem(await Ask("localhost", "Origin: https://example.org\r\n"), 403, "forbidden_origin");
        Raw.Problem(await Ask("localhost", "Sec-Fetch-Site: cross-site\r\n"), 403, "forbidden_origin");
    }

    [Fact]
    public async Task The_key_is_made_once_and_only_its_owner_can_read_it()
    {
        var postgres = new PostgresFixture();
        await postgres.InitializeAsync();
        await using var service = await TestService.StartAsync(postgres);
        var key = service.Key;
        Assert.StartsWith("cu_op_", key, StringComparison.Ordinal);
        Assert.Equal(UnixFileMode.UserRead | UnixFileMode.UserWrite, File.GetUnixFileMode(service.KeyFile));
        await using var again = await service.RestartAsync();
        Assert.Equal(key, again.Key);
        using var answer = await again.Client.GetAsync(ApiClient.At("/api/files"));
        Assert.Equal(HttpStatusCode.OK, answer.StatusCode);
    }

    [Theory]
    [InlineData("", UnixFileMode.UserRead | UnixFileMode.UserWrite, "does not hold an operator key")]
    [InlineData("secret", UnixFileMode.UserRead | UnixFileMode.UserWrite, "does not hold an operator key")]
    [InlineData("{key}", UnixFileMode.UserRead | UnixFileMode.UserWrite | UnixFileMode.GroupRead, "chmod 600")]
    [InlineData("{key}", UnixFileMode.UserRead | UnixFileMode.OtherWrite, "chmod 600")]
    public async Task A_key_file_that_is_malformed_or_open_to_others_stops_the_start(string text, UnixFileMode mode, string sentence)
    {
        var postgres = new PostgresFixture();
        await postgres.InitializeAsync();
        await using var service = await TestService.StartAsync(postgres);
        await service.StopAsync();
        var was = service.Key;
        await File.WriteAllTextAsync(service.KeyFile, text.Replace("{key}", was, StringComparison.Ordinal));
        File.SetUnixFileMode(service.KeyFile, mode);
        var refused = await Assert.ThrowsAsync<StartRefusedException>(() => service.RestartAsync());
        Assert.Contains(sentence, refused.Message, StringComparison.Ordinal);
        Assert.DoesNotContain(was, refused.Message, StringComparison.Ordinal);
    }

    [Fact]
    public async Task A_link_in_the_place_of_the_key_is_not_followed()
    {
        var postgres = new PostgresFixture();
        await postgres.InitializeAsync();
        await using var service = await TestService.StartAsync(postgres);
        await service.StopAsync();
        var elsewhere = service.KeyFile + ".elsewhere";
        await File.WriteAllTextAsync(elsewhere, await File.ReadAllTextAsync(service.KeyFile));
        File.SetUnixFileMode(elsewhere, UnixFileMode.UserRead | UnixFileMode.UserWrite);
        File.Delete(service.KeyFile);
        File.CreateSymbolicLink(service.KeyFile, elsewhere);
        await Assert.ThrowsAsync<StartRefusedException>(() => service.RestartAsync());
    }

    [Fact]
    public async Task No_key_is_ever_logged()
    {
        using var client = fixture.Service.CreateClient(withKey: false);
        client.DefaultRequestHeaders.Authorization = new AuthenticationHeaderValue("Bearer", "cu_op_wrong");
        (await client.GetAsync(ApiClient.At("/api/files?key=cu_op_wrong"))).Dispose();
        await fixture.Api.GetAsync("/api/files");
        Assert.NotEmpty(fixture.Service.Log.All);
        Assert.DoesNotContain(fixture.Service.Log.All, line => line.Contains("cu_op_", StringComparison.Ordinal));
    }
}
