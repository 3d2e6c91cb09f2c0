using ChunkUpload.Core.Access;
using ChunkUpload.Core.Audit;
using ChunkUpload.Core.Projects;
using ChunkUpload.Infrastructure.Audit;
using Dapper;
using Npgsql;

namespace ChunkUpload.Infrastructure.Projects;

/// <summary>Projects and served folders in PostgreSQL. Every statement but the one that adds a project may be repeated.</summary>
internal sealed class PostgresProjectLedger(LedgerCalls calls) : IProjectLedger
{
    private const int MostFolders = 100;

    private const string Add = """
        with added as materialized (select add_team_space(@Tenant, @Subject, @Name, @Most) as id), made as (
            insert into projects (id) select id from added where id is not null returning id
        )
        select id, access_changed(
            @ActKind, replace(id::text, '-', ''), @ActData::jsonb, @ActTenant, @ActorSubject, @ActorCredential, @ActorAddress)
        from made
        """;

    // Membership is required; an administrator only sees that other projects exist.
    private const string Projects = """
        select p.id, s.tenant, s.name, s.owner, m.subject is not null as "IsMember",
               m.subject is not null and m.can_change and p.archived_at is null as "CanChange",
               p.sequence, p.created_at as "CreatedAt", p.archived_at as "ArchivedAt",
               (select count(*)::int from space_members c where c.space = p.id) as "Members", s.entries, s.bytes,
               (select count(distinct coalesce(t.batch_id, t.id))::int from file_transfers t
                join devices d on d.id = t.source_device_id
                where t.project_id = p.id and t.status = 'pending' and t.approval = 'waiting' and d.user_id = @User) as "WaitingRequests",
               coalesce(o.display_name, '') as "OwnerName", n.names as "MemberNames"
        from projects p
        join spaces s on s.id = p.id and s.removed_at is null
        left join users o on o.id = case when s.owner ~ '^user:[0-9a-f]{32}$' then substr(s.owner, 6)::uuid end
        cross join lateral (
            select coalesce(array_agg(f.name), '{}') as names
            from (
                select coalesce(u.display_name, k.name, '') as name
                from (select c.subject from space_members c where c.space = p.id order by c.subject <> s.owner, c.subject limit 6) c
                left join users u on u.id = case when c.subject ~ '^user:[0-9a-f]{32}$' then substr(c.subject, 6)::uuid end
                left join api_keys k on k.id = case when c.subject ~ '^key:[0-9a-f]{32}$' then substr(c.subject, 5)::uuid end) f) n
        left join space_members m on m.space = p.id and m.subject = @Subject
        where s.tenant = @Tenant and (m.subject is not null or @SeesAll)
        """;

    private const string List = Projects + " order by p.archived_at is not null, lower(s.name), p.id limit 2000";

    private const string Find = Projects + " and p.id = @Id";

    private const string Folders = $"""
        select f.project_id as "ProjectId", f.id as "FolderId", f.place as "Place", f.files as "Files", f.bytes as "FolderBytes",
               f.sequence as "FolderSequence", f.complete as "Complete", f.told_at as "ToldAt",
               f.approval as "Approval", f.bytes_a_day as "BytesADay", f.is_straight as "IsStraight",
               {FolderApprovalNames.Rules} as "MemberRules", {DeviceRow.Columns}
        from served_folders f join devices d on d.id = f.device_id {DeviceRow.Joins}
        where f.project_id = any (@Projects) order by f.project_id, f.place
        """;

    private const string Change = $"""
        with locked as (select id from projects where id = @Id for update), changed as (
            update spaces s set name = coalesce(@Name, s.name), owner = coalesce(@Owner, s.owner)
            from locked
            where s.id = locked.id and (@Owner::text is null or exists (
                select from space_members m where m.space = s.id and m.subject = @Owner and m.can_change))
            returning s.id
        ), archived as (
            update projects p
            set archived_at = case when @Archived then coalesce(p.archived_at, now()) end
            from changed where p.id = changed.id and @Archived::boolean is not null returning p.id
        ), released as (
            select release_folders(id, null, null) from archived where @Archived
        )
        select {ActParameters.Changed}, (select count(*) from released) from changed
        """;

    private const string End = $"""
        with ended as materialized (select end_project(@Id) as ended)
        select {ActParameters.Changed} from ended where ended
        """;

    private const string Serve = $"""
        with served as materialized (select serve_folder(@Project, @Folder, @Device, @Place, @Most) as outcome), noted as (
            select {ActParameters.Noted} from served where outcome = 'served'
        )
        select outcome from served left join noted on true
        """;

    private const string ChangeFolder = $"""
        with changed as materialized (
            select change_folder(@Project, @Folder, @Approval, @Bytes, @Straight, @Subjects, @Approvals, @BytesEach) as outcome
        ), noted as (
            select {ActParameters.Noted} from changed where outcome = 'served'
        )
        select outcome from changed left join noted on true
        """;

    private const string Release = $"""
        with locked as materialized (select id from projects where id = @Project for no key update), released as materialized (
            select release_folders(id, @Folder, null) as count from locked
        )
        select {ActParameters.Noted} from released where count > 0
        """;

    private const string Events = """
        select sequence, type, device_id as "DeviceId", subject, data::text as "Data", created_at as "CreatedAt"
        from project_events_after(@Project, @Since, @Most) order by sequence
        """;

    private const string Oldest = "select min(sequence) from project_events where project_id = @Project";

    static PostgresProjectLedger() => LedgerRows.Prepare();

    // Not repeated, because it would create a second project.
    public Task<Guid?> AddAsync(Caller caller, string name, int? most, CancellationToken cancellationToken)
    {
        var parameters = ActParameters.Of(
            new { caller.Tenant, caller.Subject, Name = name, Most = most }, "project.added", null, ActParameters.Json(("name", name)),
            caller.Tenant);
        return calls.OnceAsync(
            (connection, stop) => connection.ExecuteScalarAsync<Guid?>(new CommandDefinition(Add, parameters, cancellationToken: stop)),
            cancellationToken);
    }

    public Task<IReadOnlyList<Project>> ListAsync(Caller caller, CancellationToken cancellationToken) =>
        ReadAsync(List, new { caller.Tenant, caller.Subject, caller.User, caller.SeesAll }, cancellationToken);

    public async Task<Project?> FindAsync(Caller caller, Guid id, CancellationToken cancellationToken) =>
        (await ReadAsync(
            Find, new { caller.Tenant, caller.Subject, caller.User, caller.SeesAll, Id = id }, cancellationToken)).SingleOrDefault();

    public Task<bool> ChangeAsync(Guid project, string? name, bool? archived, string? owner, CancellationToken cancellationToken)
    {
        var facts = ActParameters.Json(("name", name), ("archived", archived is { } is_ ? is_ ? "true" : "false" : null), ("owner", owner));
        return HasRowAsync(
            Change,
            ActParameters.Of(
                new { Id = project, Name = name, Archived = archived, Owner = owner }, "project.changed", project.ToString("n"), facts,
                Actor.Current.Within),
            cancellationToken);
    }

    public Task<bool> EndAsync(Guid project, CancellationToken cancellationToken) => HasRowAsync(
        End, ActParameters.Of(new { Id = project }, "project.ended", project.ToString("n"), null, Actor.Current.Within), cancellationToken);

    public async Task<ServeOutcome> ServeAsync(
        Guid project, Guid folder, Guid device, string place, CancellationToken cancellationToken)
    {
        // The audit log contains ids, and never a path.
        var parameters = ActParameters.Of(
            new { Project = project, Folder = folder, Device = device, Place = place, Most = MostFolders }, "project.folder_served",
            project.ToString("n"), ActParameters.Json(("folder", folder.ToString("n")), ("device", device.ToString("n"))),
            Actor.Current.Within);
        var outcome = await calls.RunAsync(
            (connection, stop) => connection.ExecuteScalarAsync<string>(new CommandDefinition(Serve, parameters, cancellationToken: stop)),
            cancellationToken);
        return outcome switch
        {
            "served" => ServeOutcome.Served,
            "archived" => ServeOutcome.Archived,
            "place_taken" => ServeOutcome.PlaceTaken,
            "folder_taken" => ServeOutcome.FolderTaken,
            "folder_elsewhere" => ServeOutcome.FolderElsewhere,
            "too_many" => ServeOutcome.TooMany,
            _ => throw new InvalidOperationException($"serve_folder returned {outcome}."),
        };
    }

    public async Task<FolderChangeOutcome> ChangeFolderAsync(
        Guid project, Guid folder, FolderRulesChange change, CancellationToken cancellationToken)
    {
        var members = change.Members?.ToList();
        var values = new
        {
            Project = project,
            Folder = folder,
            Approval = change.Approval is { } approval ? FolderApprovalNames.Of(approval) : null,
            Bytes = change.BytesADay,
            Straight = change.IsStraightOnly,
            Subjects = members?.Select(one => one.Key).ToArray(),
            Approvals = members?.Select(one => FolderApprovalNames.Of(one.Value.Approval)).ToArray(),
            BytesEach = members?.Select(one => one.Value.BytesADay ?? 0).ToArray(),
        };
        var facts = ActParameters.Json(("folder", folder.ToString("n")), ("approval", values.Approval));
        var outcome = await calls.RunAsync(
            (connection, stop) => connection.ExecuteScalarAsync<string>(new CommandDefinition(
                ChangeFolder,
                ActParameters.Of(values, "project.folder_changed", project.ToString("n"), facts, Actor.Current.Within),
                cancellationToken: stop)),
            cancellationToken);
        return outcome switch
        {
            "served" => FolderChangeOutcome.Changed,
            "not_served" => FolderChangeOutcome.NotServed,
            "no_member" => FolderChangeOutcome.NoMember,
            _ => throw new InvalidOperationException($"change_folder returned {outcome}."),
        };
    }

    public Task<bool> ReleaseAsync(Guid project, Guid folder, CancellationToken cancellationToken) => HasRowAsync(
        Release,
        ActParameters.Of(
            new { Project = project, Folder = folder }, "project.folder_released", project.ToString("n"),
            ActParameters.Json(("folder", folder.ToString("n"))), Actor.Current.Within),
        cancellationToken);

    public Task<IReadOnlyList<ProjectEvent>> EventsAsync(Guid project, long since, int most, CancellationToken cancellationToken) =>
        calls.RunAsync<IReadOnlyList<ProjectEvent>>(
            async (connection, stop) =>
            [
                .. (await connection.QueryAsync<ProjectEventRow>(new CommandDefinition(
                    Events, new { Project = project, Since = since, Most = most }, cancellationToken: stop))).Select(row => row.ToEvent()),
            ],
            cancellationToken);

    public Task<long?> OldestEventAsync(Guid project, CancellationToken cancellationToken) => calls.RunAsync(
        (connection, stop) => connection.ExecuteScalarAsync<long?>(
            new CommandDefinition(Oldest, new { Project = project }, cancellationToken: stop)),
        cancellationToken);

    private Task<IReadOnlyList<Project>> ReadAsync(string text, object parameters, CancellationToken cancellationToken) =>
        calls.RunAsync<IReadOnlyList<Project>>(
            async (connection, stop) =>
            {
                var rows = (await connection.QueryAsync<ProjectRow>(
                    new CommandDefinition(text, parameters, cancellationToken: stop))).ToList();
                var folders = await FoldersAsync(connection, [.. rows.Select(row => row.Id)], stop);
                return [.. rows.Select(row => row.ToProject(row.IsMember ? folders[row.Id] : []))];
            },
            cancellationToken);

    private static async Task<ILookup<Guid, ServedFolder>> FoldersAsync(
        NpgsqlConnection connection, Guid[] projects, CancellationToken stop) =>
        (await connection.QueryAsync<FolderRow, DeviceRow, ServedFolder>(
            new CommandDefinition(Folders, new { Projects = projects }, cancellationToken: stop),
            (folder, device) => folder.ToFolder(device.ToDevice()), splitOn: "Id"))
        .ToLookup(folder => folder.Project);

    private Task<bool> HasRowAsync(string text, object parameters, CancellationToken cancellationToken) => calls.RunAsync(
        async (connection, stop) =>
            (await connection.QueryAsync<object>(new CommandDefinition(text, parameters, cancellationToken: stop))).Any(),
        cancellationToken);
}
