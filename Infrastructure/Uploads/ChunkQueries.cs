namespace ChunkUpload.Infrastructure.Uploads;

/// <summary>Statements on chunks, their prefixes, streams and failures.</summary>
internal static class ChunkQueries
{
    /// <summary>Their number is <see cref="ChunkRow.Columns"/>. The first column is null only if there is no chunk.</summary>
    private const string ChunkColumns = "p.start, p.length, p.sha256, p.attempts, p.started_at, p.received_at";

    /// <summary>Their number is <see cref="PrefixRow.Columns"/>.</summary>
    private const string PrefixColumns =
        "x.start, x.length, x.sha256, x.kept, x.kept_sha256, x.hash_state, x.file_id, f.store as file_store, f.kind as file_kind, "
            + "f.incarnation as file_incarnation, x.attempt, x.incarnation";

    public const string Record =
        "select r.outcome, (r.upload).*, (r.excess).* from record_chunk($1, $2, $3, $4, $5, $6, $7, $8, $9, $10, $11) r";

    public const string RecordPrefix = "select record_prefix($1, $2, $3, $4, $5, $6, $7, $8, $9, $10, $11, $12, $13, $14, $15)";

    public const string RecordStreams = "select r.outcome, (r.upload).*, (r.excess).* from record_streams($1, $2, $3) r order by r.place";

    public const string Inspect = $"""
        select overlaps_received(n.id, @Start, @Stop), {ChunkColumns}, {PrefixColumns}, n.*
        from upload_now n
        left join extents p on p.upload_id = n.id and p.start = @Start and p.sha256 is not null
        left join prefixes x on x.upload_id = n.id and x.start = @Start
        left join stored_files f on f.id = x.file_id
        where n.id = @Id and {UploadQueries.Seen}
        """;

    public const string ClaimPrefix = $"""
        select {PrefixColumns} from claim_prefix(@Incarnation, @Id, @Start, @Attempt, @Kept, @NewAttempt) x
        join stored_files f on f.id = x.file_id
        """;

    public const string DropPrefix = "select f.id, f.store, f.kind, f.incarnation from drop_prefix(@Incarnation, @Id, @Start, @Attempt) f";

    public const string Reopen = "select r.outcome, (r.upload).* from "
        + "reopen_range(@Incarnation, @Tenant, @Owner, @Subject, @Id, @Start, @Length) r";

    public const string Missing = """
        select m.lo, m.hi from uploads u cross join lateral missing_ranges(u.id, u.protocol, u.received_bytes, @From, u.size, @Limit) m
        where u.id = @Id order by m.lo
        """;

    public const string Front = """
        select case when u.protocol = 'session' then coalesce((select r.hi from received_ranges r where r.upload_id = u.id and r.lo = 0), 0)
                    else u.received_bytes end,
               u.revision
        from uploads u where u.id = @Id
        """;

    public const string Chunks = $"""
        select {ChunkColumns} from extents p
        where p.upload_id = @Id and p.start >= @From and p.sha256 is not null order by p.start limit @Limit
        """;

    public const string Failures = """
        select a.at, a.kind, a.start, a.bytes, a.kept, a.duration_ms,
               sum(greatest(a.bytes, a.kept)) over ()::bigint as all_bytes, sum(a.kept) over ()::bigint as all_kept
        from failed_attempts a where a.upload_id = @Id order by a.id desc limit @Limit
        """;

    public const string RecordFailure = "select record_failure(@Incarnation, @Id, @At, @Kind, @Start, @Bytes, @Kept, @DurationMs)";
}
