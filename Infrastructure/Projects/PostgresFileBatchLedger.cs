using ChunkUpload.Core.Access;
using ChunkUpload.Core.Projects;
using ChunkUpload.Core.Storage;
using Dapper;

namespace ChunkUpload.Infrastructure.Projects;

/// <summary>Requests for several files in PostgreSQL. Every statement may be repeated.</summary>
internal sealed class PostgresFileBatchLedger(LedgerCalls calls, Incarnation incarnation) : IFileBatchLedger
{
    /// <summary>The maximum number of transfers that one statement ends, so that it does not hold their locks for long.</summary>
    private const int AtATime = 500;

    private const string Ask = """
        select outcome as "Outcome", coalesce(files, 0) as "Files", refused_paths as "Paths", refused_words as "Words"
        from ask_for_files(@Id, @Tenant, @Project, @Subject, @Prefix, @Paths, @Target, @Files, @Most, @Room,
            @Straight)
        """;

    private const string Batches = """
        select b.id as "Id", b.project_id as "ProjectId", b.requester_id as "Requester", b.prefix as "Prefix",
               b.requested_at as "RequestedAt", coalesce(q.display_name, n.name, '') as "RequesterName", x.*
        from file_batches b
        left join users q on q.id = case when b.requester_id ~ '^user:[0-9a-f]{32}$' then substr(b.requester_id, 6)::uuid end
        left join api_keys n on n.id = case when b.requester_id ~ '^key:[0-9a-f]{32}$' then substr(b.requester_id, 5)::uuid end
        cross join lateral (
            select count(*)::int as "Files", coalesce(sum(t.total_bytes), 0)::bigint as "Size",
                   coalesce(sum(greatest(t.bytes_transferred, least(t.total_bytes, coalesce(
                       relay_start(t) + r.received_bytes, 0)))), 0)::bigint as "Moved",
                   count(*) filter (where t.status = 'pending' and t.approval = 'waiting')::int as "Waiting",
                   count(*) filter (where t.status = 'pending' and t.approval <> 'waiting')::int as "Pending",
                   count(*) filter (where t.status = 'in_progress')::int as "InProgress",
                   count(*) filter (where t.status = 'completed')::int as "Completed",
                   count(*) filter (where t.status = 'failed')::int as "Failed",
                   count(*) filter (where t.status = 'failed' and t.approval = 'declined')::int as "Declined",
                   count(*) filter (where t.status = 'cancelled')::int as "Cancelled",
                   case when bool_or(t.status in ('pending', 'in_progress')) then null else max(t.completed_at) end as "EndedAt",
                   coalesce(array_agg(distinct d.name), '{}') as "Devices",
                   (array_agg(t.id order by t.file_path) filter (where t.status = 'pending' and t.approval = 'approved'))[1] as "Next",
                   (array_agg(e.key))[1] as "TargetKey",
                   bool_or(t.status = 'pending' and t.approval = 'waiting' and d.user_id = @User) as "Asks"
            from file_transfers t
            join devices d on d.id = t.source_device_id
            left join devices e on e.id = t.target_device_id
            left join uploads r on r.id = t.relay
            where t.batch_id = b.id and (d.user_id = @User or t.requester_id = @Subject)) x
        where b.project_id = @Project and b.tenant = @Tenant and x."Files" > 0
              and exists (select from space_members m where m.space = b.project_id and m.subject = @Subject)
        """;

    static PostgresFileBatchLedger() => LedgerRows.Prepare();

    public async Task<AskedFiles> AskAsync(WantedFiles wanted, long room, CancellationToken cancellationToken)
    {
        var values = new
        {
            wanted.Id,
            wanted.Caller.Tenant,
            wanted.Project,
            wanted.Caller.Subject,
            wanted.Prefix,
            Paths = wanted.Paths.ToArray(),
            wanted.Target,
            Files = FileBatch.MostFiles,
            Most = PostgresFileTransferLedger.MostOpen,
            Room = room,
            Straight = wanted.IsStraight,
        };
        var row = await calls.RunAsync(
            (connection, stop) => connection.QuerySingleAsync<AskedRow>(new CommandDefinition(Ask, values, cancellationToken: stop)),
            cancellationToken);
        var refused = row.Paths.Zip(row.Words, (path, word) => (path, FileTransferNames.Outcome(word)));
        return new AskedFiles(FileTransferNames.Outcome(row.Outcome), row.Files, [.. refused]);
    }

    public Task<IReadOnlyList<FileBatch>> ListAsync(
        Caller caller, Guid project, FileBatchList list, bool isOpen, int most, CancellationToken cancellationToken)
    {
        var which = list switch
        {
            FileBatchList.Asked => " and b.requester_id = @Subject",
            FileBatchList.Requests => """ and x."Asks" """,
            _ => "",
        };
        var open = isOpen ? """ and x."EndedAt" is null""" : "";
        return ReadAsync(
            $"{Batches}{which}{open} order by b.requested_at desc, b.id limit @Most",
            new { Project = project, caller.Tenant, caller.Subject, caller.User, Most = most }, cancellationToken);
    }

    public async Task<FileBatch?> FindAsync(Caller caller, Guid project, Guid id, CancellationToken cancellationToken) =>
        (await ReadAsync(
            $"{Batches} and b.id = @Id", new { Id = id, Project = project, caller.Tenant, caller.Subject, caller.User },
            cancellationToken)).SingleOrDefault();

    public Task<FileTransferOutcome> AnswerAsync(
        Guid project, Guid id, Caller caller, bool approve, bool folder, CancellationToken cancellationToken) => AllAsync(
        PostgresFileTransferLedger.Audited("answer_file_batch(@Tenant, @Project, @Id, @Subject, @Approve, @Folder, @Most)"),
        PostgresFileTransferLedger.ActOf(
            new
            {
                caller.Tenant,
                Project = project,
                Id = id,
                caller.Subject,
                Approve = approve,
                Folder = folder,
                Most = AtATime,
            },
            project, approve, folder, "batch", id),
        cancellationToken);

    public Task<FileTransferOutcome> CancelAsync(Guid project, Guid id, Caller caller, CancellationToken cancellationToken) => AllAsync(
        "select cancel_file_batch(@Incarnation, @Tenant, @Project, @Id, @Subject, @Most)",
        new { Incarnation = incarnation.Id, caller.Tenant, Project = project, Id = id, caller.Subject, Most = AtATime }, cancellationToken);

    private async Task<FileTransferOutcome> AllAsync(string text, object parameters, CancellationToken cancellationToken)
    {
        while (true)
        {
            var word = await calls.RunAsync(
                (connection, stop) => connection.ExecuteScalarAsync<string>(
                    new CommandDefinition(text, parameters, cancellationToken: stop)),
                cancellationToken);
            if (word != "more")
                return FileTransferNames.Outcome(word);
        }
    }

    private Task<IReadOnlyList<FileBatch>> ReadAsync(string text, object parameters, CancellationToken cancellationToken) =>
        calls.RunAsync<IReadOnlyList<FileBatch>>(
            async (connection, stop) =>
            [
                .. (await connection.QueryAsync<BatchRow>(new CommandDefinition(text, parameters, cancellationToken: stop)))
                    .Select(row => row.ToBatch()),
            ],
            cancellationToken);

    private sealed class AskedRow
    {
        public string Outcome { get; set; } = "";
        public int Files { get; set; }
        public string[] Paths { get; set; } = [];
        public string[] Words { get; set; } = [];
    }

    private sealed class BatchRow
    {
        public Guid Id { get; set; }
        public Guid ProjectId { get; set; }
        public string Requester { get; set; } = "";
        public string? Prefix { get; set; }
        public DateTime RequestedAt { get; set; }
        public string RequesterName { get; set; } = "";
        public int Files { get; set; }
        public long Size { get; set; }
        public long Moved { get; set; }
        public int Waiting { get; set; }
        public int Pending { get; set; }
        public int InProgress { get; set; }
        public int Completed { get; set; }
        public int Failed { get; set; }
        public int Declined { get; set; }
        public int Cancelled { get; set; }
        public DateTime? EndedAt { get; set; }
        public string[] Devices { get; set; } = [];
        public Guid? Next { get; set; }
        public Guid? TargetKey { get; set; }

        public FileBatch ToBatch() => new(Id, ProjectId, Requester, Prefix)
        {
            RequesterName = RequesterName,
            RequestedAt = LedgerRows.Utc(RequestedAt),
            Devices = Devices,
            Files = Files,
            Waiting = Waiting,
            Pending = Pending,
            InProgress = InProgress,
            Completed = Completed,
            Failed = Failed,
            Declined = Declined,
            Cancelled = Cancelled,
            Size = Size,
            Moved = Moved,
            EndedAt = EndedAt is { } ended ? LedgerRows.Utc(ended) : null,
            Next = Next,
            TargetKey = TargetKey,
        };
    }
}
