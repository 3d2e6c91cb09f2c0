using ChunkUpload.Core.Access;
using ChunkUpload.Core.Audit;
using ChunkUpload.Core.Projects;
using ChunkUpload.Core.Storage;
using ChunkUpload.Infrastructure.Audit;
using Dapper;

namespace ChunkUpload.Infrastructure.Projects;

/// <summary>Transfers of files in PostgreSQL. Every statement may be repeated.</summary>
internal sealed class PostgresFileTransferLedger(LedgerCalls calls, Incarnation incarnation) : IFileTransferLedger
{
    /// <summary>The maximum number of open transfers of a member.</summary>
    public const int MostOpen = 10_000;

    private const string Ask = """
        select outcome, id, hash, seconds
        from ask_for_file(@Id, @Tenant, @Project, @Subject, @Path, @Hash, @Target, @Most, @Room, @Straight)
        """;

    private const string Rows = $"select {FileTransferRow.Columns} from file_transfers t {FileTransferRow.Joins}";

    // A former member no longer sees anything of the project.
    private const string Seen = """
        t.tenant = @Tenant and (d.user_id = @User or t.requester_id = @Subject)
        and exists (select from space_members m where m.space = t.project_id and m.subject = @Subject)
        """;

    private const string Find = $"{Rows} where t.id = @Id and t.project_id = @Project and {Seen}";

    private const string Known =
        $"select t.id from file_transfers t join devices d on d.id = t.source_device_id where t.id = any (@Ids) and {Seen}";

    private const string Claim =
        "select claim_file_transfer(@Incarnation, @Tenant, @Project, @Id, @Key, @Attempt, @Claim, @Receiver, @Room, @Why is null, @Why)";

    private const string Change = """
        select change_file_transfer(
            @Incarnation, @Tenant, @Project, @Id, @Subject, @Key, @Act, @Attempt, @Claim, @Bytes, @Hash, @Code, @Message)
        """;

    private const string Note = "select id, tenant, requester, bytes, total from note_relays(@Relays)";

    private const string State = """
        select t.status as "Status", t.attempt as "Attempt", t.relay as "Relay", u.state as "State",
               u.damaged_at is not null as "IsDamaged", coalesce(u.received_bytes, 0) as "Received", u.sha256 as "Sha256",
               case when is_received(u.state) then t.total_bytes - relay_start(t) else coalesce((
                   select r.hi from received_ranges r where r.upload_id = u.id and r.lo <= @From and r.hi > @From limit 1), @From)
               end as "Available"
        from file_transfers t left join uploads u on u.id = t.relay where t.id = @Id
        """;

    static PostgresFileTransferLedger() => LedgerRows.Prepare();

    public async Task<AskedFile> AskAsync(WantedFile wanted, long room, CancellationToken cancellationToken)
    {
        var values = new
        {
            wanted.Id,
            wanted.Caller.Tenant,
            wanted.Project,
            wanted.Caller.Subject,
            wanted.Path,
            wanted.Hash,
            wanted.Target,
            Most = MostOpen,
            Room = room,
            Straight = wanted.IsStraight,
        };
        var row = await calls.RunAsync(
            (connection, stop) => connection.QuerySingleAsync<AskedRow>(new CommandDefinition(Ask, values, cancellationToken: stop)),
            cancellationToken);
        return new AskedFile(
            FileTransferNames.Outcome(row.Outcome), row.Id, row.Hash, row.Seconds is > 0 and var wait ? TimeSpan.FromSeconds(wait) : null);
    }

    public async Task<FileTransfer?> GetAsync(Guid id, CancellationToken cancellationToken) =>
        (await ReadAsync($"{Rows} where t.id = @Id", new { Id = id }, cancellationToken)).SingleOrDefault();

    public async Task<FileTransfer?> FindAsync(Caller caller, Guid project, Guid id, CancellationToken cancellationToken) =>
        (await ReadAsync(
            Find, new { Id = id, Project = project, caller.Tenant, caller.Subject, caller.User }, cancellationToken)).SingleOrDefault();

    public Task<IReadOnlyList<FileTransfer>> ListAsync(
        Caller caller, Guid project, FileTransferQuery query, CancellationToken cancellationToken)
    {
        var which = query.List switch
        {
            FileTransferList.Asked => " and t.requester_id = @Subject",
            FileTransferList.Serving => " and d.key = @Key and t.approval = 'approved'",
            FileTransferList.Requests => " and d.user_id = @User and t.status = 'pending' and t.approval = 'waiting'",
            _ => "",
        };
        // The files of a batch are requested at the same time, so they are ordered as their receiver lists them.
        var order = query switch
        {
            { List: FileTransferList.Serving } => """
                 order by row_number() over (partition by t.requester_id order by t.requested_at, t.file_path, t.id), t.requested_at,
                 t.file_path, t.id
                """,
            { Batch: not null } => " order by t.file_path, t.id",
            { List: FileTransferList.Requests } => " order by t.requested_at, t.id",
            _ => " order by t.created_at desc, t.id desc",
        };
        var text = $"{Rows} where t.project_id = @Project and {Seen}{which}"
            + (query.Batch is null ? query.IsSingle ? " and t.batch_id is null" : "" : " and t.batch_id = @Batch")
            + (query.Statuses.Count > 0 ? " and t.status = any (@Statuses)" : "")
            + (query.After is null ? "" : " and (t.created_at, t.id) < (@Time, @After)")
            + (query.AfterPath is null ? "" : " and t.file_path > @AfterPath") + $"{order} limit @Most";
        var parameters = new
        {
            Project = project,
            caller.Tenant,
            caller.Subject,
            caller.User,
            Key = caller.ApiKey,
            Statuses = query.Statuses.Select(FileTransferNames.Of).ToArray(),
            Time = query.After?.Time.UtcDateTime,
            After = query.After?.Id,
            query.AfterPath,
            query.Batch,
            query.Most,
        };
        return ReadAsync(text, parameters, cancellationToken);
    }

    public Task<IReadOnlyList<Guid>> SeenAsync(Caller caller, IReadOnlyCollection<Guid> ids, CancellationToken cancellationToken) =>
        calls.RunAsync<IReadOnlyList<Guid>>(
            async (connection, stop) =>
            [
                .. await connection.QueryAsync<Guid>(new CommandDefinition(
                    Known, new { Ids = ids.ToArray(), caller.Tenant, caller.Subject, caller.User }, cancellationToken: stop)),
            ],
            cancellationToken);

    public Task<FileTransferOutcome> ClaimAsync(
        Guid project, Guid id, Caller caller, FileClaim claim, long room, CancellationToken cancellationToken) =>
        DecideAsync(
            Claim,
            new
            {
                Incarnation = incarnation.Id,
                caller.Tenant,
                Project = project,
                Id = id,
                Key = caller.ApiKey,
                claim.Attempt,
                claim.Claim,
                Receiver = claim.IsReceiverThere,
                Room = room,
                Why = claim.WhyNotStraight,
            },
            cancellationToken);

    public async Task<UploadId?> BindAsync(
        Guid id, int attempt, Guid claim, UploadId upload, CancellationToken cancellationToken) =>
        await AskAsync<Guid?>(
            "select bind_relay(@Id, @Attempt, @Claim, @Upload)",
            new { Id = id, Attempt = attempt, Claim = claim, Upload = upload.Value }, cancellationToken) is { } bound
            ? new UploadId(bound)
            : null;

    public Task<FileTransferOutcome> ChangeAsync(FileTransferChange change, CancellationToken cancellationToken) => DecideAsync(
        Change,
        new
        {
            Incarnation = incarnation.Id,
            change.Caller.Tenant,
            change.Project,
            change.Id,
            change.Caller.Subject,
            Key = change.Caller.ApiKey,
            Act = FileTransferNames.Of(change.Act),
            change.Attempt,
            change.Claim,
            change.Bytes,
            change.Hash,
            change.Code,
            change.Message,
        },
        cancellationToken);

    public Task<FileTransferOutcome> AnswerAsync(
        Guid project, Guid id, Caller caller, bool approve, bool folder, CancellationToken cancellationToken) => DecideAsync(
        Audited("answer_file_transfer(@Tenant, @Project, @Id, @Subject, @Approve, @Folder)"),
        ActOf(
            new { caller.Tenant, Project = project, Id = id, caller.Subject, Approve = approve, Folder = folder }, project, approve, folder,
            "transfer", id),
        cancellationToken);

    /// <summary>
    /// Returns the call of a function that answers requests. An answer that changes something is recorded in the audit log.
    /// </summary>
    public static string Audited(string call) => $"""
        with answered as materialized (select {call} as word),
        noted as materialized (select {ActParameters.Noted} from answered where word in ('ok', 'more'))
        select word, (select count(*) from noted) from answered
        """;

    /// <param name="what">transfer or batch.</param>
    public static DynamicParameters ActOf(object values, Guid project, bool approve, bool folder, string what, Guid id) => ActParameters.Of(
        values, approve ? "project.request_approved" : "project.request_declined", project.ToString("n"),
        ActParameters.Json((what, id.ToString("n")), ("for", approve && folder ? "folder" : null)), Actor.Current.Within);

    public Task<FileTransferOutcome> RetryAsync(
        Guid project, Guid id, Caller caller, int attempt, long room, bool isStraight, CancellationToken cancellationToken) => DecideAsync(
        "select retry_file_transfer(@Tenant, @Project, @Id, @Subject, @Attempt, @Most, @Room, @Straight)",
        new
        {
            caller.Tenant,
            Project = project,
            Id = id,
            caller.Subject,
            Attempt = attempt,
            Most = MostOpen,
            Room = room,
            Straight = isStraight,
        },
        cancellationToken);

    public Task WakeAsync(Guid id, CancellationToken cancellationToken) =>
        AskAsync<object>("select wake_file_transfer(@Id)", new { Id = id }, cancellationToken);

    public Task<TimeSpan?> ExpireAsync(Guid id, CancellationToken cancellationToken) =>
        SecondsAsync("select expire_file_transfer(@Id)", id, cancellationToken);

    public Task<TimeSpan?> ClaimMailAsync(Guid id, CancellationToken cancellationToken) =>
        SecondsAsync("select claim_request_mail(@Id)", id, cancellationToken);

    public Task<int> StopAsync(CancellationToken cancellationToken) =>
        AskAsync<int>("select stop_file_transfers()", new { }, cancellationToken);

    public Task<IReadOnlyList<MovedTransfer>> NoteAsync(
        IReadOnlyCollection<UploadId> relays, CancellationToken cancellationToken) =>
        calls.RunAsync<IReadOnlyList<MovedTransfer>>(
            async (connection, stop) =>
            [
                .. await connection.QueryAsync<MovedTransfer>(new CommandDefinition(
                    Note, new { Relays = relays.Select(one => one.Value).ToArray() }, cancellationToken: stop)),
            ],
            cancellationToken);

    public Task<RelayState?> RelayAsync(Guid id, long from, CancellationToken cancellationToken) => calls.RunAsync(
        async (connection, stop) => (await connection.QuerySingleOrDefaultAsync<RelayRow>(
            new CommandDefinition(State, new { Id = id, From = from }, cancellationToken: stop)))?.ToState(),
        cancellationToken);

    private async Task<TimeSpan?> SecondsAsync(string text, Guid id, CancellationToken cancellationToken) =>
        await AskAsync<long?>(text, new { Id = id }, cancellationToken) is { } seconds ? TimeSpan.FromSeconds(seconds) : null;

    private async Task<FileTransferOutcome> DecideAsync(string text, object parameters, CancellationToken cancellationToken) =>
        FileTransferNames.Outcome(await AskAsync<string>(text, parameters, cancellationToken));

    private Task<T?> AskAsync<T>(string text, object parameters, CancellationToken cancellationToken) => calls.RunAsync(
        (connection, stop) => connection.ExecuteScalarAsync<T>(new CommandDefinition(text, parameters, cancellationToken: stop)),
        cancellationToken);

    private Task<IReadOnlyList<FileTransfer>> ReadAsync(string text, object parameters, CancellationToken cancellationToken) =>
        calls.RunAsync<IReadOnlyList<FileTransfer>>(
            async (connection, stop) =>
            [
                .. await connection.QueryAsync<FileTransferRow, DeviceRow, FileTransfer>(
                    new CommandDefinition(text, parameters, cancellationToken: stop),
                    (transfer, device) => transfer.ToTransfer(device.ToDevice()), splitOn: "Id"),
            ],
            cancellationToken);
}
