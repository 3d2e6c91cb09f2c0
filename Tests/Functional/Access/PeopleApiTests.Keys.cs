using System.Text.Json;
using ChunkUpload.Core.Access;
using Dapper;
using Microsoft.Extensions.DependencyInjection;
using Npgsql;

namespace ChunkUpload.Tests.Functional.Access;

/// <summary>A key outlives a new password, so a browser session alone gets no secret of one.</summary>
public sealed partial class PeopleApiTests
{
    private static readonly string[] Reading = ["read", "list"];

    [Fact]
    public async Task A_session_alone_gets_no_secret_of_a_key()
    {
        await SendAsync(Operator, HttpMethod.Post, "/api/users", new { name = "ann", role = "member", password = Password }, 201);
        using var browser = await SignedInAsync("ann", Password);

        // The service checks the request and the rights before it asks for the password.
        await MakeAsync(browser, null, null, 403, "not_permitted", scopes: ["operate"]);
        await MakeAsync(browser, new string('x', 257), null, 400, "invalid_field");
        await MakeAsync(browser, Password, new string('1', 33), 400, "invalid_field");
        await MakeAsync(browser, null, null, 400, "password_needed");
        AssertField("currentPassword", await MakeAsync(browser, "not this one", null, 400, "invalid_field"));
        Assert.Equal(0, await CountAsync("select count(*) from api_keys"));
        var made = await MakeAsync(browser, Password, null, 201);
        var id = made.GetProperty("key").GetProperty("id").GetString()!;

        await RotateAsync(browser, Guid.NewGuid().ToString("n"), null, null, 404, "no_such_key");
        await RotateAsync(browser, id, null, null, 400, "password_needed");
        AssertField("currentPassword", await RotateAsync(browser, id, "not this one", null, 400, "invalid_field"));
        Assert.Equal(1, await CountAsync("select count(*) from api_key_secrets"));
        await RotateAsync(browser, id, Password, null, 200);

        // With a second factor also a code, which counts once.
        var codes = RecoveryCodes.New();
        var user = Guid.ParseExact((await browser.SubjectAsync())!.Split(':')[1], "N");
        var factors = _service.Services.GetRequiredService<ISecondFactorLedger>();
        await factors.BeginAsync(user, "AAAA", default);
        await factors.ConfirmAsync(user, 0, [.. codes.Select(RecoveryCodes.Hash)], default);
        AssertField("code", await MakeAsync(browser, Password, null, 400, "invalid_field"));
        AssertField("code", await RotateAsync(browser, id, Password, null, 400, "invalid_field"));
        await MakeAsync(browser, Password, codes[0], 201);
        await RotateAsync(browser, id, Password, codes[0], 400, "invalid_field");
        await RotateAsync(browser, id, Password, codes[1], 200);

        // A key ends with the one that made it: it needs no password, and has none.
        using var key = ClientOf(made.GetProperty("secret").GetString()!);
        await SendAsync(key, HttpMethod.Post, "/api/keys", new { name = "child", scopes = Reading }, 201);
        await SendAsync(key, HttpMethod.Post, $"/api/keys/{id}/rotate", null, 200);
    }

    [Fact]
    public async Task Passwords_that_are_guessed_for_a_key_make_the_account_wait()
    {
        var (_, key) = await UserAsync("ann", "member", Caller.DefaultTenant);
        var id = (await SendAsync(key, HttpMethod.Get, "/api/keys", null, 200)).GetProperty("items")[0].GetProperty("id").GetString()!;
        using var browser = await SignedInAsync("ann", Password);
        await MakeAsync(browser, "guess 1", null, 400, "invalid_field");
        await RotateAsync(browser, id, "guess 2", null, 400, "invalid_field");
        await MakeAsync(browser, "guess 3", null, 400, "invalid_field");
        await RotateAsync(browser, id, Password, null, 429, "too_many_attempts");
        await MakeAsync(browser, Password, null, 429, "too_many_attempts");
    }

    [Fact]
    public async Task Passwords_that_are_guessed_all_at_once_are_no_more_than_one_after_the_other()
    {
        await SendAsync(Operator, HttpMethod.Post, "/api/users", new { name = "ann", role = "member", password = Password }, 201);
        using var browser = await SignedInAsync("ann", Password);
        var answers = await Task.WhenAll(Enumerable.Range(0, 60).Select(async i =>
        {
            using var answer = await browser.SendAsync(
                HttpMethod.Post, "/api/keys", new { name = "key", scopes = Reading, currentPassword = $"guess {i}" }, request =>
                {
                    request.Headers.Add("Sec-Fetch-Site", "same-origin");
                    request.Headers.Add("X-CSRF-Token", browser.CsrfToken);
                });
            return (int)answer.StatusCode;
        }));
        Assert.All(answers, status => Assert.True(status is 400 or 429, $"{status}"));
        Assert.InRange(answers.Count(status => status == 400), 3, 5);
    }

    [Fact]
    public async Task A_user_without_a_password_makes_a_key_soon_after_a_sign_in_only()
    {
        await SendAsync(Operator, HttpMethod.Post, "/api/users", new { name = "ann", role = "member", password = Password }, 201);
        using var browser = await SignedInAsync("ann", Password);
        await using var connection = new NpgsqlConnection(_service.ConnectionString);
        await connection.ExecuteAsync("update users set password = null");
        var id = (await MakeAsync(browser, null, null, 201)).GetProperty("key").GetProperty("id").GetString()!;
        await RotateAsync(browser, id, null, null, 200);

        await connection.ExecuteAsync("update browser_sessions set created_at = now() - interval '11 minutes'");
        await MakeAsync(browser, null, null, 403, "sign_in_again");
        await RotateAsync(browser, id, null, null, 403, "sign_in_again");
    }

    [Fact]
    public async Task A_session_of_the_operator_key_has_no_password_to_send()
    {
        using var browser = new BrowserClient(_service);
        await browser.SignInAsync();
        var id = (await MakeAsync(browser, null, null, 201)).GetProperty("key").GetProperty("id").GetString()!;
        await RotateAsync(browser, id, null, null, 200);
    }

    private static Task<JsonElement> MakeAsync(
        BrowserClient browser, string? currentPassword, string? code, int status, string? error = null, string[]? scopes = null) =>
        BrowserAsync(
            browser, HttpMethod.Post, "/api/keys", new { name = "key", scopes = scopes ?? Reading, currentPassword, code }, status, error);

    private static Task<JsonElement> RotateAsync(
        BrowserClient browser, string id, string? currentPassword, string? code, int status, string? error = null) =>
        BrowserAsync(browser, HttpMethod.Post, $"/api/keys/{id}/rotate", new { currentPassword, code }, status, error);

    private static void AssertField(string name, JsonElement problem) =>
        Assert.True(problem.GetProperty("errors").TryGetProperty(name, out _), problem.GetRawText());
}
