using ChunkUpload.Core.Access;
using ChunkUpload.Core.Audit;
using ChunkUpload.Core.Storage;
using ChunkUpload.Infrastructure.Audit;
using Dapper;

namespace ChunkUpload.Infrastructure.Access;

/// <summary>Team spaces and their members in PostgreSQL. Every statement but the one that adds a space may be repeated.</summary>
internal sealed class PostgresSpaceLedger(LedgerCalls calls, Incarnation incarnation) : ISpaceLedger
{
    private const string AddTeam = """
        with added as materialized (select add_team_space(@Tenant, @Subject, @Name, @Most) as id)
        select id, access_changed(
            @ActKind, replace(id::text, '-', ''), @ActData::jsonb, @ActTenant, @ActorSubject, @ActorCredential, @ActorAddress)
        from added where id is not null
        """;

    private const string Rename = "update spaces set name = @Name where id = @Space and kind = 'team'";

    private const string Remove = $"""
        with done as materialized (select remove_space(@Incarnation, @Space, @Contents) as removed)
        select removed, case when removed then {ActParameters.Changed} end from done
        """;

    private const string Members = """
        select m.subject, coalesce(u.display_name, k.name) as "Name", m.can_change as "CanChange"
        from space_members m
        left join users u on m.subject like 'user:%' and u.id = case when m.subject like 'user:%' then substr(m.subject, 6)::uuid end
        left join api_keys k on m.subject like 'key:%' and k.id = case when m.subject like 'key:%' then substr(m.subject, 5)::uuid end
        where m.space = @Space order by m.subject
        """;

    private const string Names = """
        select 'user:' || replace(u.id::text, '-', '') as "Subject", u.display_name as "Name"
        from users u
        where u.id = any (@Users)
              and (u.is_operator or exists (select from memberships m where m.user_id = u.id and m.tenant = @Tenant))
        union all
        select 'key:' || replace(k.id::text, '-', ''), k.name from api_keys k where k.id = any (@Keys) and k.tenant = @Tenant
        """;

    private const string FindPeople = """
        select 'user:' || replace(u.id::text, '-', '') as "Subject", u.display_name as "Name"
        from spaces s
        join memberships m on m.tenant = s.tenant
        join users u on u.id = m.user_id
        where s.id = @Space and u.enabled and position(fold_name(@Text) in fold_name(u.display_name)) > 0
              and not exists (
                  select from space_members x where x.space = s.id and x.subject = 'user:' || replace(u.id::text, '-', ''))
        order by fold_name(u.display_name), u.id
        limit @Most
        """;

    private const string SetMember = $"""
        with given as (
            insert into space_members (space, subject, can_change)
            select s.id, @Subject, @CanChange from spaces s
            where s.id = @Space and s.kind = 'team' and (
                exists (select from memberships m where m.user_id = @User and m.tenant = s.tenant)
                or exists (select from api_keys k where k.id = @Key and k.tenant = s.tenant and k.user_id is null and k.revoked_at is null))
            on conflict (space, subject) do update set can_change = excluded.can_change
            returning space, subject, (xmax = 0) as joined
        ), told as (
            select note_member(space, true, subject, @ActorSubject) from given where joined
        )
        select {ActParameters.Changed}, (select count(*) from told) from given
        """;

    private const string RemoveMember = $"""
        with taken as (
            delete from space_members where space = @Space and subject = @Subject returning space, subject
        ), told as (
            select note_member(space, false, subject, @ActorSubject) from taken
        )
        select {ActParameters.Changed}, (select count(*) from told) from taken
        """;

    // Not repeated, because it would create a second space.
    public async Task<EntryId?> AddTeamAsync(Caller caller, string name, int? most, CancellationToken cancellationToken)
    {
        var parameters = ActParameters.Of(
            new { caller.Tenant, caller.Subject, Name = name, Most = most }, "space.added", null, ActParameters.Json(("name", name)),
            caller.Tenant);
        var made = await calls.OnceAsync(
            (connection, stop) => connection.ExecuteScalarAsync<Guid?>(new CommandDefinition(AddTeam, parameters, cancellationToken: stop)),
            cancellationToken);
        return made is { } id ? new EntryId(id) : null;
    }

    public Task RenameAsync(EntryId space, string name, CancellationToken cancellationToken) =>
        ExecuteAsync(Rename, new { Space = space.Value, Name = name }, cancellationToken);

    public async Task<bool> RemoveAsync(EntryId space, bool contents, CancellationToken cancellationToken)
    {
        var values = new { Incarnation = incarnation.Id, Space = space.Value, Contents = contents };
        var parameters = ActParameters.Of(values, "space.removed", space.ToString(), tenant: Actor.Current.Within);
        return await calls.RunAsync(
            (connection, stop) => connection.ExecuteScalarAsync<bool?>(
                new CommandDefinition(Remove, parameters, cancellationToken: stop)),
            cancellationToken) ?? throw new ProcessReplacedException();
    }

    public Task<IReadOnlyList<SpaceMember>> MembersAsync(EntryId space, CancellationToken cancellationToken) =>
        calls.RunAsync<IReadOnlyList<SpaceMember>>(
            async (connection, stop) => [.. await connection.QueryAsync<SpaceMember>(
                new CommandDefinition(Members, new { Space = space.Value }, cancellationToken: stop))],
            cancellationToken);

    public Task<IReadOnlyList<SubjectName>> NamesAsync(
        string tenant, IReadOnlyCollection<SubjectId> subjects, CancellationToken cancellationToken)
    {
        var parameters = new
        {
            Tenant = tenant,
            Users = subjects.Where(subject => subject.User is not null).Select(subject => subject.User!.Value).ToArray(),
            Keys = subjects.Where(subject => subject.Key is not null).Select(subject => subject.Key!.Value).ToArray(),
        };
        return calls.RunAsync<IReadOnlyList<SubjectName>>(
            async (connection, stop) => [.. await connection.QueryAsync<SubjectName>(
                new CommandDefinition(Names, parameters, cancellationToken: stop))],
            cancellationToken);
    }

    public Task<IReadOnlyList<SubjectName>> FindPeopleAsync(
        EntryId space, string text, int most, CancellationToken cancellationToken) => calls.RunAsync<IReadOnlyList<SubjectName>>(
            async (connection, stop) => [.. await connection.QueryAsync<SubjectName>(new CommandDefinition(
                FindPeople, new { Space = space.Value, Text = text, Most = most }, cancellationToken: stop))],
            cancellationToken);

    public async Task<bool> SetMemberAsync(EntryId space, SubjectId subject, bool canChange, CancellationToken cancellationToken)
    {
        var values = new { Space = space.Value, Subject = subject.ToString(), subject.User, subject.Key, CanChange = canChange };
        var member = ActParameters.Json(("member", subject.ToString()), ("changes", canChange ? "true" : "false"));
        return await HasRowAsync(
            SetMember, ActParameters.Of(values, "space.member_set", space.ToString(), member, Actor.Current.Within), cancellationToken);
    }

    public Task<bool> RemoveMemberAsync(EntryId space, SubjectId subject, CancellationToken cancellationToken) => HasRowAsync(
        RemoveMember,
        ActParameters.Of(
            new { Space = space.Value, Subject = subject.ToString() }, "space.member_removed", space.ToString(),
            ActParameters.Json(("member", subject.ToString())), Actor.Current.Within),
        cancellationToken);

    private Task<bool> HasRowAsync(string text, object parameters, CancellationToken cancellationToken) => calls.RunAsync(
        async (connection, stop) =>
            (await connection.QueryAsync<object>(new CommandDefinition(text, parameters, cancellationToken: stop))).Any(),
        cancellationToken);

    private Task<int> ExecuteAsync(string text, object parameters, CancellationToken cancellationToken) => calls.RunAsync(
        (connection, stop) => connection.ExecuteAsync(new CommandDefinition(text, parameters, cancellationToken: stop)), cancellationToken);
}
