using System.Net.Http.Json;
using System.Text.Json;
using ChunkUpload.Core.Access;
using ChunkUpload.Tests.Support;
using Dapper;
using Microsoft.Extensions.DependencyInjection;
using Npgsql;

namespace ChunkUpload.Tests.Functional.Access;

/// <summary>A code of an app beside the password: set up, asked for, used once, replaced by a recovery code, and removed.</summary>
public sealed class SecondFactorTests(PostgresFixture postgres) : IClassFixture<PostgresFixture>
{
    private const string Password = "correct horse battery";

    [Fact]
    public async Task A_code_is_asked_for_and_counts_once()
    {
        await using var service = await TestService.StartAsync(postgres);
        using (var made = await service.Client.PostAsJsonAsync("/api/users", new { name = "ann", role = "member", password = Password }))
            Assert.Equal(201, (int)made.StatusCode);
        using var browser = new BrowserClient(service);
        await SignInAsync(browser, new { name = "ann", password = Password }, 200, null);

        // 1. Until the factor is confirmed, no sign-in asks for a code.
        await SendAsync(browser, HttpMethod.Post, null, 400, "password_needed");
        await SendAsync(browser, HttpMethod.Post, new { currentPassword = "not this one" }, 400, "invalid_field");
        var begun = await SendAsync(browser, HttpMethod.Post, new { currentPassword = Password }, 200, null);
        var secret = Decode(begun.GetProperty("secret").GetString()!);
        Assert.StartsWith("otpauth://totp/ChunkUpload:ann?secret=", begun.GetProperty("uri").GetString(), StringComparison.Ordinal);
        await SendAsync(browser, HttpMethod.Delete, new { code = "123456" }, 409, "no_second_factor");
        using (var other = new BrowserClient(service))
            await SignInAsync(other, new { name = "ann", password = Password }, 200, null);
        await SendAsync(browser, HttpMethod.Put, new { code = "" }, 400, "invalid_field");
        await SendAsync(browser, HttpMethod.Put, new { code = OneTimeCodes.Code(secret, 1) }, 400, "invalid_field");
        var step = OneTimeCodes.StepAt(TimeProvider.System.GetUtcNow());
        var confirmed = await SendAsync(browser, HttpMethod.Put, new { code = OneTimeCodes.Code(secret, step - 1) }, 200, null);
        var recovery = confirmed.GetProperty("recoveryCodes").EnumerateArray().Select(code => code.GetString()!).ToList();
        Assert.Equal(RecoveryCodes.Count, recovery.Count);
        await SendAsync(browser, HttpMethod.Post, null, 409, "second_factor_on");

        // 2. The stored secret is protected.
        await using (var connection = new NpgsqlConnection(service.ConnectionString))
        {
            var kept = await connection.ExecuteScalarAsync<string>("select totp from users where name = 'ann'");
            Assert.Equal(-1, Convert.FromBase64String(kept!).AsSpan().IndexOf(secret));
        }

        // 3. A code is accepted once, even when two requests send it at the same time; a wrong password is reported first.
        using var late = new BrowserClient(service);
        await SignInAsync(late, new { name = "ann", password = Password }, 401, "code_needed");
        await SignInAsync(
            late, new { name = "ann", password = "not this one", code = OneTimeCodes.Code(secret, step) }, 401, "invalid_password");
        await SignInAsync(late, new { name = "ann", password = Password, code = OneTimeCodes.Code(secret, step - 1) }, 401, "invalid_code");
        Assert.Equal([200, 401], await TwiceAsync(service, Password, OneTimeCodes.Code(secret, step + 1)));

        // 4. A recovery code replaces it, once; a link for a new password does not bypass it.
        await SignInAsync(late, new { name = "ann", password = Password, code = recovery[0].ToUpperInvariant() }, 200, null);
        using var again = new BrowserClient(service);
        await SignInAsync(again, new { name = "ann", password = Password, code = recovery[0] }, 401, "invalid_code");
        var id = await IdAsync(service, "ann");
        var link = await LinkAsync(service, id, null);
        await SignInAsync(again, new { link, password = "another long one" }, 401, "code_needed");
        await SignInAsync(again, new { link, password = "another long one", code = recovery[1] }, 200, null);
        Assert.Equal([200, 401], await TwiceAsync(service, "another long one", recovery[3]));

        // 5. It is removed with a code, or by an administrator when the app is lost.
        await SendAsync(again, HttpMethod.Delete, new { code = recovery[2] }, 204, null);
        await SignInAsync(late, new { name = "ann", password = "another long one" }, 200, null);
        begun = await SendAsync(late, HttpMethod.Post, new { currentPassword = "another long one" }, 200, null);
        var anew = Decode(begun.GetProperty("secret").GetString()!);
        var now = OneTimeCodes.StepAt(TimeProvider.System.GetUtcNow());
        await SendAsync(late, HttpMethod.Put, new { code = OneTimeCodes.Code(anew, now) }, 200, null);
        link = await LinkAsync(service, id, new { secondFactor = true });
        // Until then the old password alone does not open a session.
        await SignInAsync(again, new { name = "ann", password = "another long one" }, 401, "invalid_password");
        await Eventually.HoldsAsync(async () => await late.StatusAsync("/api/me") == 401);
        await SignInAsync(again, new { link, password = "a third long one" }, 200, null);
    }

    [Fact]
    public async Task Codes_that_are_guessed_with_a_link_make_the_link_wait()
    {
        await using var service = await TestService.StartAsync(postgres);
        using (var made = await service.Client.PostAsJsonAsync("/api/users", new { name = "ann", role = "member", password = Password }))
            Assert.Equal(201, (int)made.StatusCode);
        using var browser = new BrowserClient(service);
        await SignInAsync(browser, new { name = "ann", password = Password }, 200, null);
        var begun = await SendAsync(browser, HttpMethod.Post, new { currentPassword = Password }, 200, null);
        var secret = Decode(begun.GetProperty("secret").GetString()!);
        await SendAsync(
            browser, HttpMethod.Put, new { code = OneTimeCodes.Code(secret, OneTimeCodes.StepAt(TimeProvider.System.GetUtcNow())) }, 200,
            null);
        var link = await LinkAsync(service, await IdAsync(service, "ann"), null);
        for (var i = 0; i < 3; i++)
            await SignInAsync(browser, new { link, password = "another long one", code = "wrong" }, 401, "invalid_code");
        // The link waits too, because an attacker may use another address for each attempt. The name does not.
        var attempts = service.Services.GetRequiredService<SignInAttempts>();
        Assert.NotNull(attempts.Wait(SignInAttempts.KeyOfLink(link)));
        Assert.Null(attempts.Wait(SignInAttempts.KeyOf("ann")));
    }

    [Fact]
    public async Task A_right_password_does_not_forget_wrong_codes()
    {
        await using var service = await TestService.StartAsync(postgres);
        using (var made = await service.Client.PostAsJsonAsync("/api/users", new { name = "ann", role = "member", password = Password }))
            Assert.Equal(201, (int)made.StatusCode);
        using var browser = new BrowserClient(service);
        await SignInAsync(browser, new { name = "ann", password = Password }, 200, null);
        var begun = await SendAsync(browser, HttpMethod.Post, new { currentPassword = Password }, 200, null);
        var secret = Decode(begun.GetProperty("secret").GetString()!);
        var step = OneTimeCodes.StepAt(TimeProvider.System.GetUtcNow());
        await SendAsync(browser, HttpMethod.Put, new { code = OneTimeCodes.Code(secret, step) }, 200, null);

        // The wait doubles with each failure, so that a slow machine meets it a few attempts later.
        var codes = new List<int>();
        while (codes.Count < 10 && !codes.Contains(429))
        {
            using var answer = await browser.SendAsync(
                HttpMethod.Patch, "/api/me", new { email = "thief@example.org", currentPassword = Password, code = "wrong" }, AsThePage);
            codes.Add((int)answer.StatusCode);

            void AsThePage(HttpRequestMessage request)
            {
                request.Headers.Add("Sec-Fetch-Site", "same-origin");
                request.Headers.Add("X-CSRF-Token", browser.CsrfToken);
            }
        }

        Assert.Equal([400, 400, 400], codes[..3]);
        Assert.Equal(429, codes[^1]);
    }

    private static async Task<string> IdAsync(TestService service, string name) =>
        (await service.Client.GetFromJsonAsync<JsonElement>("/api/users")).GetProperty("items").EnumerateArray()
            .Single(user => user.GetProperty("name").GetString() == name).GetProperty("id").GetString()!;

    private static async Task<string> LinkAsync(TestService service, string id, object? body)
    {
        using var answer = await service.Client.PostAsync($"/api/users/{id}/reset", body is null ? null : JsonContent.Create(body));
        return (await answer.Content.ReadFromJsonAsync<JsonElement>()).GetProperty("link").GetString()!.Split("#link=")[1];
    }

    private static async Task SignInAsync(BrowserClient browser, object body, int status, string? code)
    {
        using var answer = await EnterAsync(browser, body);
        await ReadAsync(answer, status, code);
        if (status == 200)
            await browser.SubjectAsync();
    }

    /// <summary>Signs in from two browsers at once, and returns the statuses, the lower one first.</summary>
    private static async Task<IEnumerable<int>> TwiceAsync(TestService service, string password, string code)
    {
        var statuses = await Task.WhenAll(Enumerable.Range(0, 2).Select(async _ =>
        {
            using var browser = new BrowserClient(service);
            using var answer = await EnterAsync(browser, new { name = "ann", password, code });
            return (int)answer.StatusCode;
        }));
        return statuses.Order();
    }

    private static async Task<HttpResponseMessage> EnterAsync(BrowserClient browser, object body)
    {
        var answer = await browser.PostAsync("/signin", body);
        // After some failures the next attempt has to wait.
        while ((int)answer.StatusCode == 429)
        {
            await Task.Delay(TimeSpan.FromMilliseconds(500));
            answer.Dispose();
            answer = await browser.PostAsync("/signin", body);
        }

        return answer;
    }

    private static async Task<JsonElement> SendAsync(BrowserClient browser, HttpMethod method, object? body, int status, string? code)
    {
        using var answer = await browser.SendAsync(method, "/api/me/second-factor", body, request =>
        {
            request.Headers.Add("Sec-Fetch-Site", "same-origin");
            request.Headers.Add("X-CSRF-Token", browser.CsrfToken);
        });
        return await ReadAsync(answer, status, code);
    }

    private static async Task<JsonElement> ReadAsync(HttpResponseMessage answer, int status, string? code)
    {
        var text = await answer.Content.ReadAsStringAsync();
        Assert.True(status == (int)answer.StatusCode, $"{(int)answer.StatusCode}: {text}");
        var json = text.Length == 0 ? default : JsonDocument.Parse(text).RootElement;
        if (code is not null)
            Assert.Equal(code, json.GetProperty("code").GetString());
        return json;
    }

    internal static byte[] Decode(string base32)
    {
        var (bytes, buffer, bits) = (new List<byte>(), 0, 0);
        foreach (var letter in base32)
        {
            buffer = ((buffer << 5) | "ABCDEFGHIJKLMNOPQRSTUVWXYZ234567".IndexOf(letter, StringComparison.Ordinal)) & 0xfff;
            bits += 5;
            if (bits >= 8)
            {
                bits -= 8;
                bytes.Add((byte)(buffer >> bits));
            }
        }

        return [.. bytes];
    }
}
