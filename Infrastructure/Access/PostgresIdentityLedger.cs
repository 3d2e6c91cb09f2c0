using ChunkUpload.Core.Access;
using ChunkUpload.Infrastructure.Audit;
using Dapper;

namespace ChunkUpload.Infrastructure.Access;

/// <summary>
/// Linked accounts in PostgreSQL. A started sign-in is taken by a statement that is not repeated, because a repetition could not
/// distinguish its own success from that of another request.
/// </summary>
internal sealed class PostgresIdentityLedger(LedgerCalls calls) : IIdentityLedger
{
    private const string Begin = """
        with old as (delete from issuer_states where expires_at < now() - interval '1 day')
        insert into issuer_states (token_sha256, user_id, link_sha256, expires_at) values (@Token, @User, @Link, @ExpiresAt)
        on conflict do nothing
        """;

    private const string Take = """
        delete from issuer_states where token_sha256 = @Token and expires_at > @Now returning user_id as "User", link_sha256 as "Link"
        """;

    private const string Find = $"""
        select {UserQueries.Columns} from user_identities i join users u on u.id = i.user_id
        where i.issuer = @Issuer and i.subject = @Subject
        """;

    private const string Used = "update user_identities set used_at = now() where issuer = @Issuer and subject = @Subject";

    private const string Link = $"""
        with linked as (
            insert into user_identities (issuer, subject, user_id, name)
            select @Issuer, @Subject, u.id, @Name from users u where u.id = @User for key share
            on conflict do nothing returning 1
        )
        select exists (select from linked)
                   or exists (select from user_identities where issuer = @Issuer and subject = @Subject and user_id = @User),
               case when exists (select from linked) then {ActParameters.Noted} end
        """;

    // The lock serializes first sign-ins: each sees the names that earlier ones have taken.
    private const string Add = $"""
        select pg_advisory_xact_lock(hashtext('user_identities'));
        with linked as (
            insert into user_identities (issuer, subject, user_id, name) values (@Issuer, @Subject, @Id, @Name)
            on conflict do nothing returning 1
        ), added as (
            insert into users (id, name, display_name, email)
            select @Id, case when exists (select from users where name = @UserName) then @OtherName else @UserName end, @DisplayName, @Email
            where exists (select from linked)
            returning id
        ), joined as (
            insert into memberships (user_id, tenant, role)
            select a.id, m.tenant, m.role from added a cross join unnest(@Tenants, @Roles) m (tenant, role)
        )
        select {ActParameters.Changed} from added
        """;

    private const string List = """
        select id as "Id", issuer as "Issuer", subject as "Subject", name as "Name", linked_at as "LinkedAt", used_at as "UsedAt"
        from user_identities where user_id = @User order by linked_at, id
        """;

    // Lock the user in a separate statement, so that the next statement sees the changes of an earlier request.
    private const string Unlink = $"""
        select id from users where id = @User for update;
        with own as (
            select i.id from user_identities i where i.user_id = @User
        ), removed as (
            delete from user_identities i using users u
            where i.id = @Id and i.user_id = @User and u.id = @User
                  and (u.password is not null or (select count(*) from own) > 1) returning 1
        )
        select exists (select from own where id = @Id) as "Found", exists (select from removed) as "Removed",
               case when exists (select from removed) then {ActParameters.Noted} end
        """;

    public Task BeginAsync(byte[] token, BegunSignIn begun, DateTimeOffset expiresAt, CancellationToken cancellationToken) => ExecuteAsync(
        Begin, new { Token = token, begun.User, begun.Link, ExpiresAt = expiresAt.UtcDateTime }, cancellationToken);

    public Task<BegunSignIn?> TakeAsync(byte[] token, DateTimeOffset now, CancellationToken cancellationToken) => calls.OnceAsync(
        async (connection, stop) =>
            await connection.QuerySingleOrDefaultAsync<BegunRow>(
                Command(Take, new { Token = token, Now = now.UtcDateTime }, stop)) is { } row
                ? new BegunSignIn(row.User, row.Link)
                : null,
        cancellationToken);

    public Task<User?> FindAsync(IssuerAccount account, CancellationToken cancellationToken) => calls.RunAsync(
        async (connection, stop) => (await connection.QuerySingleOrDefaultAsync<UserRow>(
            Command(Find, new { account.Issuer, account.Subject }, stop)))?.ToUser(),
        cancellationToken);

    public Task UsedAsync(IssuerAccount account, CancellationToken cancellationToken) =>
        ExecuteAsync(Used, new { account.Issuer, account.Subject }, cancellationToken);

    public Task<bool> LinkAsync(Guid user, IssuerAccount account, CancellationToken cancellationToken) => calls.RunAsync(
        (connection, stop) => connection.ExecuteScalarAsync<bool>(Command(
            Link,
            ActParameters.Of(
                new { User = user, account.Issuer, account.Subject, account.Name }, "user.account_linked", Caller.UserSubject(user),
                AuditJson(account)),
            stop)),
        cancellationToken);

    public Task AddAsync(User user, string otherName, IssuerAccount account, CancellationToken cancellationToken) => ExecuteAsync(
        Add,
        ActParameters.Of(
            new
            {
                user.Id,
                UserName = user.Name,
                OtherName = otherName,
                user.DisplayName,
                user.Email,
                Tenants = user.Memberships.Select(membership => membership.Tenant).ToArray(),
                Roles = user.Memberships.Select(membership => membership.Role.Word()).ToArray(),
                account.Issuer,
                account.Subject,
                account.Name,
            },
            "user.added", user.Subject, AuditJson(account), user.Memberships.Count == 0 ? "" : user.Memberships[0].Tenant),
        cancellationToken);

    public Task<IReadOnlyList<LinkedAccount>> ListAsync(Guid user, CancellationToken cancellationToken) =>
        calls.RunAsync<IReadOnlyList<LinkedAccount>>(
            async (connection, stop) => [.. (await connection.QueryAsync<AccountRow>(Command(List, new { User = user }, stop)))
                .Select(row => row.ToAccount())],
            cancellationToken);

    public Task<UnlinkOutcome> UnlinkAsync(Guid user, Guid id, CancellationToken cancellationToken) => calls.RunAsync(
        async (connection, stop) =>
        {
            await using var results = await connection.QueryMultipleAsync(Command(
                Unlink, ActParameters.Of(new { User = user, Id = id }, "user.account_unlinked", Caller.UserSubject(user)), stop));
            await results.ReadAsync<Guid>();
            var row = await results.ReadSingleAsync<UnlinkRow>();
            return row.Removed ? UnlinkOutcome.Removed : row.Found ? UnlinkOutcome.LastWayIn : UnlinkOutcome.NotFound;
        },
        cancellationToken);

    private static string AuditJson(IssuerAccount account) => ActParameters.Json(("issuer", account.Issuer), ("account", account.Subject));

    private static CommandDefinition Command(string text, object parameters, CancellationToken cancellationToken) =>
        new(text, parameters, cancellationToken: cancellationToken);

    private Task<int> ExecuteAsync(string text, object parameters, CancellationToken cancellationToken) =>
        calls.RunAsync((connection, stop) => connection.ExecuteAsync(Command(text, parameters, stop)), cancellationToken);

    private sealed class BegunRow
    {
        public Guid? User { get; set; }
        public byte[]? Link { get; set; }
    }

    private sealed class UnlinkRow
    {
        public bool Found { get; set; }
        public bool Removed { get; set; }
    }

    private sealed class AccountRow
    {
        public Guid Id { get; set; }
        public string Issuer { get; set; } = "";
        public string Subject { get; set; } = "";
        public string? Name { get; set; }
        public DateTime LinkedAt { get; set; }
        public DateTime? UsedAt { get; set; }

        public LinkedAccount ToAccount() => new(
            Id, new IssuerAccount(Issuer, Subject, Name), LedgerRows.Utc(LinkedAt), UsedAt is { } at ? LedgerRows.Utc(at) : null);
    }
}
