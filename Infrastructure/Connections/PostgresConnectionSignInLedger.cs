using System.Security.Cryptography;
using System.Text.Json;
using ChunkUpload.Core.Connections;
using Dapper;
using Microsoft.AspNetCore.DataProtection;

namespace ChunkUpload.Infrastructure.Connections;

/// <summary>
/// Started sign-ins in PostgreSQL. They are taken by a statement that is not repeated, because a repetition could not distinguish its own
/// success from that of another request.
/// </summary>
internal sealed class PostgresConnectionSignInLedger(LedgerCalls calls, IDataProtectionProvider protection) : IConnectionSignInLedger
{
    private const string Begin = """
        with old as (delete from connection_sign_ins where expires_at < now() - interval '1 day')
        insert into connection_sign_ins
            (token_sha256, browser_sha256, tenant, subject, kind, title, connection, secret, expires_at)
        values (@Token, @Browser, @Tenant, @Subject, @Kind, @Title, @Connection, @Secret, @ExpiresAt)
        on conflict do nothing
        """;

    private const string Take = """
        delete from connection_sign_ins
        where token_sha256 = @Token and browser_sha256 = @Browser and tenant = @Tenant and subject = @Subject and expires_at > @Now
        returning kind as "Kind", title as "Title", connection as "Connection", secret as "Secret"
        """;

    private readonly IDataProtector _protector = protection.CreateProtector("ChunkUpload.ConnectionSignIns");

    public Task BeginAsync(
        byte[] token, byte[] browser, BegunConnection begun, DateTimeOffset expiresAt, CancellationToken cancellationToken) =>
        calls.RunAsync(
            (connection, stop) => connection.ExecuteAsync(new CommandDefinition(
                Begin,
                new
                {
                    Token = token,
                    Browser = browser,
                    begun.Tenant,
                    begun.Subject,
                    begun.Kind,
                    begun.Title,
                    begun.Connection,
                    Secret = Convert.ToBase64String(
                        _protector.Protect(JsonSerializer.SerializeToUtf8Bytes(new Secret(begun.Verifier, begun.Redirect)))),
                    ExpiresAt = expiresAt.UtcDateTime,
                },
                cancellationToken: stop)),
            cancellationToken);

    public async Task<BegunConnection?> TakeAsync(
        byte[] token, byte[] browser, string tenant, string subject, DateTimeOffset now, CancellationToken cancellationToken)
    {
        var row = await calls.OnceAsync(
            (connection, stop) => connection.QuerySingleOrDefaultAsync<BegunRow>(new CommandDefinition(
                Take,
                new { Token = token, Browser = browser, Tenant = tenant, Subject = subject, Now = now.UtcDateTime },
                cancellationToken: stop)),
            cancellationToken);
        if (row is null)
            return null;
        try
        {
            return JsonSerializer.Deserialize<Secret>(_protector.Unprotect(Convert.FromBase64String(row.Secret))) is { } secret
                ? new BegunConnection(tenant, subject, row.Kind, row.Title, row.Connection, secret.Verifier, secret.Redirect)
                : null;
        }
        catch (CryptographicException)
        {
            return null;
        }
    }

    private sealed record Secret(string Verifier, string Redirect);

    private sealed class BegunRow
    {
        public string Kind { get; set; } = "";
        public string? Title { get; set; }
        public Guid? Connection { get; set; }
        public string Secret { get; set; } = "";
    }
}
