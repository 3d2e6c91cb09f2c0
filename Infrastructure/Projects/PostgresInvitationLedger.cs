using ChunkUpload.Core.Access;
using ChunkUpload.Core.Audit;
using ChunkUpload.Core.Projects;
using ChunkUpload.Infrastructure.Audit;
using Dapper;

namespace ChunkUpload.Infrastructure.Projects;

/// <summary>Invitations in PostgreSQL. Every statement may be repeated.</summary>
internal sealed class PostgresInvitationLedger(LedgerCalls calls) : IInvitationLedger
{
    private const string Valid = "ended_at is null and expires_at > now() and uses < most_uses";

    private const string Add = $"""
        with locked as materialized (select id from projects where id = @Project for no key update), added as (
            insert into project_invitations (id, project_id, token_hash, made_by, can_change, most_uses, expires_at)
            select @Id, id, @Token, @MadeBy, @CanChange, @MostUses, @ExpiresAt from locked
            where (select count(*) from project_invitations where project_id = @Project and {Valid}) < @Most
            on conflict (id) do nothing returning 1
        ), noted as (select {ActParameters.Noted} from added)
        select (select count(*) from noted) > 0 or exists (select from project_invitations where id = @Id)
        """;

    private const string List = $"""
        select id, project_id as "ProjectId", made_by as "MadeBy", can_change as "CanChange", uses, most_uses as "MostUses",
               created_at as "CreatedAt", expires_at as "ExpiresAt"
        from project_invitations where project_id = @Project and {Valid} order by created_at desc, id
        """;

    private const string End = $"""
        with ended as (
            update project_invitations set ended_at = now() where id = @Id and project_id = @Project and ended_at is null returning 1
        )
        select {ActParameters.Noted} from ended
        """;

    private const string Find = """
        select s.id as "ProjectId", s.tenant, s.name, coalesce(u.display_name, '') as "InvitedBy", i.can_change as "CanChange",
               i.expires_at as "ExpiresAt",
               exists (select from space_members m where m.space = s.id and m.subject = @Subject) as "IsMember",
               s.tenant <> @Tenant and not exists (
                   select from memberships b where b.tenant = s.tenant and b.user_id = @User and b.role <> 'guest') as "AsGuest"
        from find_invitation(@Token, @Tenant, @Subject, @Guests) i join spaces s on s.id = i.project_id
        left join users u on u.id = case when i.made_by ~ '^user:[0-9a-f]{32}$' then substr(i.made_by, 6)::uuid end
        """;

    private const string Join = """
        with joined as materialized (select join_project(@Token, @Tenant, @Subject, @Guests) as id)
        select s.id, s.tenant, access_changed(
            @ActKind, replace(s.id::text, '-', ''), @ActData::jsonb, s.tenant, @ActorSubject, @ActorCredential, @ActorAddress)
        from joined j join spaces s on s.id = j.id
        """;

    static PostgresInvitationLedger() => LedgerRows.Prepare();

    public Task<bool> AddAsync(ProjectInvitation invitation, byte[] token, int most, CancellationToken cancellationToken)
    {
        var values = new
        {
            invitation.Id,
            invitation.Project,
            Token = token,
            invitation.MadeBy,
            invitation.CanChange,
            invitation.MostUses,
            ExpiresAt = invitation.ExpiresAt.UtcDateTime,
            Most = most,
        };
        var parameters = ActParameters.Of(
            values, "project.invitation_made", invitation.Project.ToString("n"),
            ActParameters.Json(("invitation", invitation.Id.ToString("n"))), Actor.Current.Within);
        return calls.RunAsync(
            (connection, stop) => connection.ExecuteScalarAsync<bool>(new CommandDefinition(Add, parameters, cancellationToken: stop)),
            cancellationToken);
    }

    public Task<IReadOnlyList<ProjectInvitation>> ListAsync(Guid project, CancellationToken cancellationToken) =>
        calls.RunAsync<IReadOnlyList<ProjectInvitation>>(
            async (connection, stop) =>
            [
                .. (await connection.QueryAsync<InvitationRow>(
                    new CommandDefinition(List, new { Project = project }, cancellationToken: stop))).Select(row => row.ToInvitation()),
            ],
            cancellationToken);

    public Task<bool> EndAsync(Guid project, Guid invitation, CancellationToken cancellationToken)
    {
        var parameters = ActParameters.Of(
            new { Project = project, Id = invitation }, "project.invitation_ended", project.ToString("n"),
            ActParameters.Json(("invitation", invitation.ToString("n"))), Actor.Current.Within);
        return calls.RunAsync(
            async (connection, stop) =>
                (await connection.QueryAsync<object>(new CommandDefinition(End, parameters, cancellationToken: stop))).Any(),
            cancellationToken);
    }

    public Task<OfferedProject?> FindAsync(Caller caller, byte[] token, bool guests, CancellationToken cancellationToken) => calls.RunAsync(
        async (connection, stop) => (await connection.QuerySingleOrDefaultAsync<OfferRow>(new CommandDefinition(
            Find, new { Token = token, caller.Tenant, caller.Subject, caller.User, Guests = guests }, cancellationToken: stop)))?.ToOffer(),
        cancellationToken);

    public Task<JoinedProject?> JoinAsync(Caller caller, byte[] token, bool guests, CancellationToken cancellationToken)
    {
        var parameters = ActParameters.Of(
            new { Token = token, caller.Tenant, caller.Subject, Guests = guests }, "project.joined", null, null, caller.Tenant);
        return calls.RunAsync(
            async (connection, stop) => (await connection.QuerySingleOrDefaultAsync<JoinedRow>(
                new CommandDefinition(Join, parameters, cancellationToken: stop)))?.ToJoined(),
            cancellationToken);
    }

    private sealed class InvitationRow
    {
        public Guid Id { get; set; }
        public Guid ProjectId { get; set; }
        public string MadeBy { get; set; } = "";
        public bool CanChange { get; set; }
        public int Uses { get; set; }
        public int MostUses { get; set; }
        public DateTime CreatedAt { get; set; }
        public DateTime ExpiresAt { get; set; }

        public ProjectInvitation ToInvitation() => new(
            Id, ProjectId, MadeBy, CanChange, Uses, MostUses, LedgerRows.Utc(CreatedAt), LedgerRows.Utc(ExpiresAt));
    }

    private sealed class JoinedRow
    {
        public Guid Id { get; set; }
        public string Tenant { get; set; } = "";

        public JoinedProject ToJoined() => new(Id, Tenant);
    }

    private sealed class OfferRow
    {
        public Guid ProjectId { get; set; }
        public string Tenant { get; set; } = "";
        public bool AsGuest { get; set; }
        public string Name { get; set; } = "";
        public string InvitedBy { get; set; } = "";
        public bool CanChange { get; set; }
        public DateTime ExpiresAt { get; set; }
        public bool IsMember { get; set; }

        public OfferedProject ToOffer() => new(
            ProjectId, Tenant, Name, InvitedBy, CanChange && !AsGuest, LedgerRows.Utc(ExpiresAt), IsMember, AsGuest);
    }
}
