using ChunkUpload.Core.Access;
using ChunkUpload.Infrastructure.Uploads;
using Dapper;

namespace ChunkUpload.Infrastructure.Access;

/// <summary>Browser sessions and sign-in links in PostgreSQL. Every statement but one may be repeated.</summary>
internal sealed class PostgresBrowserSessionLedger(LedgerCalls calls) : IBrowserSessionLedger
{
    private const string Save = """
        with old as (
            delete from browser_sessions where expires_at < @ForgetBefore or revoked_at < @ForgetBefore
        )
        insert into browser_sessions (token_sha256, id, tenant, subject, scopes, created_at, used_at, expires_at)
        values (@Token, @Id, @Tenant, @Subject, @Scopes, @CreatedAt, @UsedAt, @ExpiresAt)
        on conflict (token_sha256) do update
        set id = excluded.id, tenant = excluded.tenant, subject = excluded.subject, scopes = excluded.scopes,
            created_at = excluded.created_at, used_at = excluded.used_at, expires_at = excluded.expires_at, revoked_at = null
        """;

    private const string Find = """
        select id, tenant, subject, scopes, created_at as CreatedAt, used_at as UsedAt, expires_at as ExpiresAt
        from browser_sessions where token_sha256 = @Token and revoked_at is null
        """;

    private const string Used = "update browser_sessions set used_at = @At where token_sha256 = @Token and used_at < @At";

    private const string Revoke = "update browser_sessions set revoked_at = now() where token_sha256 = @Token and revoked_at is null";

    private const string AddLink = """
        with old as (delete from sign_in_links where expires_at < now() - interval '1 day')
        insert into sign_in_links (token_sha256, expires_at) values (@Token, @ExpiresAt) on conflict do nothing
        """;

    private const string UseLink = """
        update sign_in_links set used_at = @Now where token_sha256 = @Token and used_at is null and expires_at > @Now
        """;

    private const string Reset = "delete from browser_sessions; delete from sign_in_links; delete from data_protection_keys";

    public Task SaveAsync(byte[] token, BrowserSession session, DateTimeOffset forgetBefore, CancellationToken cancellationToken) =>
        ExecuteAsync(
        Save,
        new
        {
            Token = token,
            session.Id,
            session.Tenant,
            session.Subject,
            Scopes = (int)session.Scopes,
            CreatedAt = session.CreatedAt.UtcDateTime,
            UsedAt = session.UsedAt.UtcDateTime,
            ExpiresAt = session.ExpiresAt.UtcDateTime,
            ForgetBefore = forgetBefore.UtcDateTime,
        },
        cancellationToken);

    public Task<BrowserSession?> FindAsync(byte[] token, CancellationToken cancellationToken) => calls.RunAsync(
        async (connection, stop) =>
            (await connection.QuerySingleOrDefaultAsync<Row>(
                new CommandDefinition(Find, new { Token = token }, cancellationToken: stop)))?.ToSession(),
        cancellationToken);

    public Task UsedAsync(byte[] token, DateTimeOffset at, CancellationToken cancellationToken) =>
        ExecuteAsync(Used, new { Token = token, At = at.UtcDateTime }, cancellationToken);

    public Task RevokeAsync(byte[] token, CancellationToken cancellationToken) =>
        ExecuteAsync(Revoke, new { Token = token }, cancellationToken);

    public Task AddLinkAsync(byte[] token, DateTimeOffset expiresAt, CancellationToken cancellationToken) =>
        ExecuteAsync(AddLink, new { Token = token, ExpiresAt = expiresAt.UtcDateTime }, cancellationToken);

    // Not repeated: a repetition could not tell its own success from another request's.
    public async Task<bool> UseLinkAsync(byte[] token, DateTimeOffset now, CancellationToken cancellationToken) =>
        await calls.OnceAsync(
            (connection, stop) =>
                connection.ExecuteAsync(
                    new CommandDefinition(UseLink, new { Token = token, Now = now.UtcDateTime }, cancellationToken: stop)),
            cancellationToken) == 1;

    public Task ResetAsync(CancellationToken cancellationToken) => ExecuteAsync(Reset, null, cancellationToken);

    private Task<int> ExecuteAsync(string text, object? parameters, CancellationToken cancellationToken) =>
        calls.RunAsync((connection, stop) => connection.ExecuteAsync(new CommandDefinition(text, parameters, cancellationToken: stop)),
            cancellationToken);

    private sealed class Row
    {
        public Guid Id { get; set; }
        public string Tenant { get; set; } = "";
        public string Subject { get; set; } = "";
        public int Scopes { get; set; }
        public DateTime CreatedAt { get; set; }
        public DateTime UsedAt { get; set; }
        public DateTime ExpiresAt { get; set; }

        public BrowserSession ToSession() =>
            new(Id, Tenant, Subject, (Scopes)Scopes, LedgerRows.Utc(CreatedAt), LedgerRows.Utc(UsedAt), LedgerRows.Utc(ExpiresAt));
    }
}
