using ChunkUpload.Core.Access;
using ChunkUpload.Infrastructure.Audit;
using Dapper;

namespace ChunkUpload.Infrastructure.Access;

/// <summary>Browser sessions and sign-in links in PostgreSQL. All statements but one may be repeated.</summary>
internal sealed class PostgresBrowserSessionLedger(LedgerCalls calls, CookieKeysStart cookies) : IBrowserSessionLedger
{
    private const string Save = $"""
        with old as (
            delete from browser_sessions where expires_at < @ForgetBefore or revoked_at < @ForgetBefore
        )
        insert into browser_sessions (
            token_sha256, id, tenant, subject, scopes, user_id, operator_key, client, address, created_at, used_at, expires_at)
        values (@Token, @Id, @Tenant, @Subject, @Scopes, @User, @OperatorKey, @Client, @Address, @CreatedAt, @UsedAt, @ExpiresAt)
        on conflict (token_sha256) do update
        set id = excluded.id, tenant = excluded.tenant, subject = excluded.subject, scopes = excluded.scopes, user_id = excluded.user_id,
            operator_key = excluded.operator_key, client = excluded.client, address = excluded.address,
            created_at = excluded.created_at, used_at = excluded.used_at, expires_at = excluded.expires_at, revoked_at = null;
        with ended as (
            update browser_sessions set revoked_at = now()
            where token_sha256 in (
                select b.token_sha256 from browser_sessions b
                where b.user_id is not distinct from @User and b.revoked_at is null and b.expires_at > now() and b.token_sha256 <> @Token
                order by b.used_at desc, b.id offset @Others)
            returning 1
        )
        select {ActParameters.Changed} where exists (select from ended)
        """;

    private const string Sessions = $"""
        select b.id as "SessionId", b.tenant as "SessionTenant", b.user_id as "SessionUser", b.client, b.address,
               b.created_at as "SessionCreatedAt", b.used_at as "UsedAt", b.expires_at as "ExpiresAt",
               coalesce(t.suspended_at is null and t.removed_at is null, false) as "TenantIsActive", {UserQueries.Columns}
        from browser_sessions b
        left join tenants t on t.name = b.tenant
        left join users u on u.id = b.user_id
        """;

    private const string Find = $"{Sessions} where b.token_sha256 = @Token and b.revoked_at is null";

    private const string List = $"""
        {Sessions}
        where b.revoked_at is null and b.expires_at > now() and (@User::uuid is null or b.user_id = @User)
        order by b.used_at desc, b.id limit @Limit
        """;

    private const string Used = "update browser_sessions set used_at = @At where token_sha256 = @Token and used_at < @At";

    private const string Revoke = $"""
        with ended as (
            update browser_sessions set revoked_at = now() where token_sha256 = @Token and revoked_at is null returning 1
        )
        select {ActParameters.Changed} from ended
        """;

    private const string RevokeById = $"""
        with ended as (
            update browser_sessions set revoked_at = now()
            where id = @Id and revoked_at is null and (@User::uuid is null or user_id = @User)
            returning case when user_id is null then '' else tenant end as tenant
        )
        select {ActParameters.ChangedInTenant} from ended
        """;

    private const string ChooseTenant = $"update browser_sessions set tenant = @Tenant where id = @Id; select {ActParameters.Changed}";

    // A link without a user signs in as the operator.
    private const string AddLink = $"""
        with old as (delete from sign_in_links where expires_at < now() - interval '1 day'), added as (
            insert into sign_in_links (token_sha256, user_id, expires_at) values (@Token, @User, @ExpiresAt) on conflict do nothing
            returning 1
        )
        select {ActParameters.Noted} from added
        """;

    private const string FindLink = """
        select user_id as "User" from sign_in_links where token_sha256 = @Token and used_at is null and expires_at > @Now
        """;

    private const string UseLink = """
        with used as (
            update sign_in_links set used_at = @Now where token_sha256 = @Token and used_at is null and expires_at > @Now
            returning user_id
        )
        select add_audit(
            case when user_id is null then '' end, @ActorSubject, @ActorCredential, @ActorAddress,
            case when user_id is null then 'operator.link_used' else 'user.link_used' end,
            'user:' || replace(user_id::text, '-', ''), '{}')
        from used
        """;

    private const string IsInUse = "select exists (select from running_elsewhere(null, 0))";

    private const string Reset = $"""
        delete from browser_sessions; delete from sign_in_links; delete from issuer_states;
        delete from data_protection_keys where @WithKeys;
        select {ActParameters.Changed}
        """;

    private const string EndOtherOperators = $"""
        with ended as (
            update browser_sessions set revoked_at = now()
            where user_id is null and revoked_at is null and operator_key is distinct from @Key returning 1
        )
        select {ActParameters.Changed} where exists (select from ended)
        """;

    public Task SaveAsync(byte[] token, BrowserSession session, DateTimeOffset forgetBefore, CancellationToken cancellationToken) =>
        ExecuteAsync(
        Save,
        ActParameters.Of(new
        {
            Token = token,
            session.Id,
            session.Tenant,
            Subject = session.User is { } user ? Caller.UserSubject(user) : Caller.Operator.Subject,
            Scopes = session.User is null ? (int)Scopes.All : 0,
            session.User,
            session.OperatorKey,
            session.Origin.Client,
            session.Origin.Address,
            CreatedAt = session.CreatedAt.UtcDateTime,
            UsedAt = session.UsedAt.UtcDateTime,
            ExpiresAt = session.ExpiresAt.UtcDateTime,
            ForgetBefore = forgetBefore.UtcDateTime,
            Others = BrowserSessions.MostOfUser - 1,
        }, "session.ended", null, ActParameters.Json(("why", "the user has too many"))),
        cancellationToken);

    public Task<BrowserSession?> FindAsync(byte[] token, CancellationToken cancellationToken) => calls.RunAsync(
        async (connection, stop) =>
            (await connection.QuerySingleOrDefaultAsync<Row>(
                new CommandDefinition(Find, new { Token = token }, cancellationToken: stop)))?.ToSession(),
        cancellationToken);

    public Task<IReadOnlyList<BrowserSession>> ListAsync(Guid? user, int limit, CancellationToken cancellationToken) =>
        calls.RunAsync<IReadOnlyList<BrowserSession>>(
            async (connection, stop) => [.. (await connection.QueryAsync<Row>(
                new CommandDefinition(List, new { User = user, Limit = limit }, cancellationToken: stop))).Select(row => row.ToSession())],
            cancellationToken);

    public async Task<bool> RevokeAsync(Guid id, Guid? user, CancellationToken cancellationToken) =>
        await calls.RunAsync(
            async (connection, stop) => (await connection.QueryAsync<object>(
                new CommandDefinition(
                    RevokeById, ActParameters.Of(new { Id = id, User = user }, "session.ended", id.ToString("n")),
                        cancellationToken: stop))).Any(),
            cancellationToken);

    public Task ChooseTenantAsync(Guid id, string tenant, CancellationToken cancellationToken) =>
        ExecuteAsync(
            ChooseTenant, ActParameters.Of(new { Id = id, Tenant = tenant }, "session.tenant_chosen", id.ToString("n")), cancellationToken);

    public Task UsedAsync(byte[] token, DateTimeOffset at, CancellationToken cancellationToken) =>
        ExecuteAsync(Used, new { Token = token, At = at.UtcDateTime }, cancellationToken);

    public Task RevokeAsync(byte[] token, CancellationToken cancellationToken) =>
        ExecuteAsync(Revoke, ActParameters.Of(new { Token = token }, "signed_out", null), cancellationToken);

    public Task AddLinkAsync(byte[] token, Guid? user, DateTimeOffset expiresAt, CancellationToken cancellationToken) =>
        ExecuteAsync(
            AddLink,
            ActParameters.Of(
                new { Token = token, User = user, ExpiresAt = expiresAt.UtcDateTime },
                user is null ? "operator.link_made" : "user.link_made",
                user is { } id ? Caller.UserSubject(id) : null, ActParameters.Json(("expiresAt", expiresAt.UtcDateTime.ToString("O")))),
            cancellationToken);

    public Task<SignInLink?> FindLinkAsync(byte[] token, DateTimeOffset now, CancellationToken cancellationToken) => calls.RunAsync(
        (connection, stop) => connection.QuerySingleOrDefaultAsync<SignInLink?>(
            new CommandDefinition(FindLink, new { Token = token, Now = now.UtcDateTime }, cancellationToken: stop)),
        cancellationToken);

    // Not repeated, because a repetition could not distinguish its own success from that of another request.
    public async Task<bool> UseLinkAsync(byte[] token, DateTimeOffset now, CancellationToken cancellationToken) =>
        await calls.OnceAsync(
            async (connection, stop) => (await connection.QueryAsync<object>(
                new CommandDefinition(
                    UseLink, ActParameters.Of(new { Token = token, Now = now.UtcDateTime }, "link_used", null),
                    cancellationToken: stop))).Any(),
            cancellationToken);

    public async Task<SessionsReset> ResetAsync(CancellationToken cancellationToken)
    {
        var lost = !cookies.AreReadable();
        if (lost && await calls.RunAsync(
            (connection, stop) => connection.ExecuteScalarAsync<bool>(new CommandDefinition(IsInUse, cancellationToken: stop)),
            cancellationToken))
        {
            return SessionsReset.KeysInUse;
        }

        await ExecuteAsync(Reset, ActParameters.Of(new { WithKeys = lost }, "session.all_ended", null), cancellationToken);
        return lost ? SessionsReset.KeysRemoved : SessionsReset.KeysKept;
    }

    public Task EndOtherOperatorsAsync(byte[] key, CancellationToken cancellationToken) =>
        ExecuteAsync(
            EndOtherOperators,
            ActParameters.Of(new { Key = key }, "session.ended", null, ActParameters.Json(("why", "the operator key was replaced"))),
            cancellationToken);

    private Task<int> ExecuteAsync(string text, object? parameters, CancellationToken cancellationToken) =>
        calls.RunAsync((connection, stop) => connection.ExecuteAsync(new CommandDefinition(text, parameters, cancellationToken: stop)),
            cancellationToken);

    private sealed class Row : UserRow
    {
        public Guid SessionId { get; set; }
        public string SessionTenant { get; set; } = "";
        public Guid? SessionUser { get; set; }
        public string? Client { get; set; }
        public string? Address { get; set; }
        public DateTime SessionCreatedAt { get; set; }
        public DateTime UsedAt { get; set; }
        public DateTime ExpiresAt { get; set; }
        public bool TenantIsActive { get; set; }

        public BrowserSession ToSession() => new(
            SessionId, SessionTenant, SessionUser, new BrowserOrigin(Client, Address), LedgerRows.Utc(SessionCreatedAt),
            LedgerRows.Utc(UsedAt), LedgerRows.Utc(ExpiresAt))
        {
            Person = ToUser(),
            TenantIsActive = TenantIsActive,
        };
    }
}
