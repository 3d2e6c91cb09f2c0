using System.Net.Http.Headers;
using System.Net.Http.Json;
using System.Security.Cryptography;
using System.Text.Json;
using ChunkUpload.Core.Access;
using ChunkUpload.Core.Connections;
using ChunkUpload.Core.Limits;
using ChunkUpload.Core.Sync;
using ChunkUpload.Core.Transfers;
using Dapper;
using Microsoft.Extensions.DependencyInjection;
using Npgsql;

namespace ChunkUpload.Tests.Functional.Access;

/// <summary>The callers as which every route is asked.</summary>
public sealed partial class AuthorizationMatrixTests
{
    private async Task<HttpClient> UserAsync(
        string name, Role role, string tenant = Caller.DefaultTenant, DateTimeOffset? expiresAt = null)
    {
        var made = await PostAsync("/api/users", new { name, role = role.Word(), tenant, password = "correct horse battery" });
        var id = Guid.Parse(made.GetProperty("user").GetProperty("id").GetString()!);
        var (text, shown) = KeySecret.New();
        await _service.Services.GetRequiredService<IPeopleLedger>().AddKeyAsync(
            new ApiKey(Guid.NewGuid(), tenant, id, "mine", shown, Scopes.All, Caller.UserSubject(id), default, expiresAt, null, null),
            KeySecret.Hash(text), default);
        return ClientOf(text);
    }

    private void AddTokens()
    {
        var now = TimeProvider.System.GetUtcNow();
        var expired = _issuer.Claims();
        expired["exp"] = now.AddMinutes(-5).ToUnixTimeSeconds();
        var early = _issuer.Claims();
        early["nbf"] = now.AddHours(1).ToUnixTimeSeconds();
        var good = _issuer.Sign(_issuer.Claims());
        var parts = good.Split('.');
        using var other = RSA.Create(2048);
        _clients[Token] = ClientOf(good);
        _clients["expired token"] = ClientOf(_issuer.Sign(expired));
        _clients["token that is not valid yet"] = ClientOf(_issuer.Sign(early));
        _clients["tampered token"] = ClientOf($"{parts[0]}.{_issuer.Sign(_issuer.Claims("operator")).Split('.')[1]}.{parts[2]}");
        _clients["token with alg none"] = ClientOf(TokenIssuer.Unsigned(_issuer.Claims()));
        _clients["token of another key"] = ClientOf(_issuer.Sign(_issuer.Claims(), key: other));
    }

    /// <summary>Sends what a page of the service sends in a browser that is, or was, signed in.</summary>
    private async Task<HttpClient> SessionAsync(string name, bool signOut)
    {
        await PostAsync("/api/users", new { name, role = "member", password = "correct horse battery" });
        using var browser = new BrowserClient(_service);
        using (var answer = await browser.PostAsync("/signin", new { name, password = "correct horse battery" }))
            Assert.Equal(200, (int)answer.StatusCode);
        await browser.SubjectAsync();
        var client = _service.CreateClient(withKey: false);
        client.DefaultRequestHeaders.Add("Cookie", string.Join("; ", browser.Cookies.Select(cookie => $"{cookie.Key}={cookie.Value}")));
        client.DefaultRequestHeaders.Add("X-CSRF-Token", browser.CsrfToken);
        client.DefaultRequestHeaders.Add("Sec-Fetch-Site", "same-origin");
        if (signOut)
        {
            using var left = await browser.PostAsync("/signout");
            Assert.Equal(204, (int)left.StatusCode);
        }

        return client;
    }

    /// <summary>A connection and a transfer of the caller's; nothing is called for them.</summary>
    private async Task<(string Schedule, string Template)> ScheduleAsync(HttpClient client, string connection)
    {
        var me = await client.GetFromJsonAsync<JsonElement>("/api/me");
        var (tenant, subject) = (Caller.DefaultTenant, me.GetProperty("subject").GetString()!);
        var draft = new NamedDraft(new TransferDraft("", null, ["x"], Guid.ParseExact(connection, "N"), "root"), ["x"], "My Drive");
        var ledger = _service.Services.GetRequiredService<IScheduleLedger>();
        var schedule = new TransferSchedule(
            Guid.NewGuid(), tenant, subject, Scopes.All, null, "mine", draft, "0 3 * * *", null, "UTC", false, null);
        await ledger.SetAsync(schedule, "made", 50, 50, default);
        var template = new TransferTemplate(Guid.NewGuid(), tenant, subject, "mine", draft, default);
        await ledger.AddTemplateAsync(template, 50, default);
        return (schedule.Id.ToString("n"), template.Id.ToString("n"));
    }

    /// <summary>A pair of the caller's whose folders are not there, so that it only waits.</summary>
    private async Task<string> SyncAsync(HttpClient client)
    {
        var me = await client.GetFromJsonAsync<JsonElement>("/api/me");
        var place = new SyncPlace(null, Guid.NewGuid().ToString("n"), "gone");
        var pair = new SyncPair(
            Guid.NewGuid(), Caller.DefaultTenant, me.GetProperty("subject").GetString()!, Scopes.All, null, "mine", place, place);
        await _service.Services.GetRequiredService<ISyncLedger>().AddAsync(pair, 50, default);
        return pair.Id.ToString("n");
    }

    private async Task<string> ConflictAsync(string sync)
    {
        await using var connection = new NpgsqlConnection(_service.ConnectionString);
        var id = await connection.ExecuteScalarAsync<Guid>(
            "insert into sync_conflicts (sync, path, kind, digest) values (@Sync, 'a', 'both_changed', '') returning id",
            new { Sync = Guid.ParseExact(sync, "N") });
        return id.ToString("n");
    }

    private async Task<(string Connection, string Transfer)> TransferAsync(HttpClient client)
    {
        var me = await client.GetFromJsonAsync<JsonElement>("/api/me");
        var (tenant, subject) = (Caller.DefaultTenant, me.GetProperty("subject").GetString()!);
        var connection = new Connection(
            Guid.NewGuid(), tenant, subject, "google-drive", "mine", null, ConnectionState.Ready, default, default);
        await _service.Services.GetRequiredService<IConnectionLedger>().AddAsync(
            connection, new ConnectionSecret(SecretKind.RefreshToken, "secret", "secret", DateTimeOffset.MaxValue), 50, default);
        var transfer = new Transfer(
            Guid.NewGuid(), tenant, subject, Scopes.All, null, "mine", null, connection.Id, "root", "My Drive", new TransferOptions(),
            BandwidthPriority.Normal);
        var transfers = _service.Services.GetRequiredService<ITransferLedger>();
        var chosen = new FoundItem(
            Guid.NewGuid(), null, "x", new SourceItem(Guid.NewGuid().ToString("n"), "x", StorageItemKind.File) { Size = 1 });
        await transfers.AddAsync(transfer, [chosen], new AddRules(50, null), default);
        await transfers.PauseAsync(transfer, default);
        return (connection.Id.ToString("n"), transfer.Id.ToString("n"));
    }

    private HttpClient ClientOf(string key)
    {
        var client = _service.CreateClient(withKey: false);
        client.DefaultRequestHeaders.Authorization = new AuthenticationHeaderValue("Bearer", key);
        return client;
    }
}
