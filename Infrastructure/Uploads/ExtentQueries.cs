namespace ChunkUpload.Infrastructure.Uploads;

/// <summary>Statements on extents and files: reading, merging, freeing, health.</summary>
internal static class ExtentQueries
{
    private const string ExtentColumns =
        "p.start, p.length, p.file_offset, p.sha256, p.file_id, f.store as file_store, f.kind as file_kind, "
        + "f.incarnation as file_incarnation";

    /// <summary>The extents from the last one that begins at or before the offset. Extents do not overlap.</summary>
    public const string Extents = $"""
        select {ExtentColumns} from extents p join stored_files f on f.id = p.file_id
        where p.upload_id = @Id
          and p.start >= coalesce((select max(b.start) from extents b where b.upload_id = @Id and b.start <= @From), 0)
          and p.start + p.length > @From
        order by p.start limit @Limit
        """;

    /// <summary>
    /// A stream: its upload, the state of its digest, the digest, and its last extent. The upload's columns come after the three of the
    /// digest and the <see cref="ExtentRow.Columns"/> of the extent.
    /// </summary>
    public const string InspectStream = $"""
        select case when s.hash_state is not null then s.hash_bytes end, s.hash_state,
               case when s.hash_bytes = s.received_bytes then s.front_sha256 end,
               {ExtentColumns}, n.*
        from upload_now n
        join uploads s on s.id = n.id
        left join lateral (select * from extents q where q.upload_id = n.id order by q.start desc limit 1) p on true
        left join stored_files f on f.id = p.file_id
        where n.id = @Id and {UploadQueries.Seen}
        """;

    /// <summary>
    /// Extents of the service's own store that are not merged yet, with the file that they are merged into. A single chunk that is the
    /// whole file needs no merge (E24).
    /// </summary>
    public const string Unplaced = $"""
        select w.start, w.length, w.file_offset, w.sha256, w.file_id, w.file_store, w.file_kind, w.file_incarnation,
               s.id as assembly, s.incarnation as assembly_incarnation
        from (
            select {ExtentColumns}, sum(p.length) over (order by p.start) as total
            from (
                select q.* from extents q join stored_files o on o.id = q.file_id
                where q.upload_id = @Id and not q.placed and o.store = {OwnStore}
                order by q.start limit @MaxCount
            ) p
            join stored_files f on f.id = p.file_id
            join uploads u on u.id = p.upload_id
            where is_present(u.state) and u.damaged_at is null
                  and p.length is distinct from u.size
        ) w
        left join assemblies a on a.upload_id = @Id and a.store = w.file_store
        left join stored_files s on s.id = a.file_id
        where w.total <= @MaxBytes or w.total = w.length
        order by w.start
        """;

    public const string SetAssembly = "select set_assembly(@Incarnation, @Id, @File, @Kind, @FileIncarnation)";

    public const string Place = """
        select f.id, f.store, f.kind, f.incarnation
        from place_extents(@Incarnation, @Id, @Assembly, @Starts, @Lengths, @Files, @Offsets) f
        """;

    /// <summary>
    /// The bytes of the upload u are in stores of this ledger's nodes; <see cref="IsElsewhere"/> says the opposite.
    /// </summary>
    public const string InStoresOfNodes = "not is_elsewhere(@Incarnation, u.id)";

    /// <summary>The store of the service.</summary>
    private const string OwnStore = "(select i.store from incarnations i where i.id = @Incarnation)";

    /// <summary>This node reads the upload u as a whole, to check or to hash it.</summary>
    private const string CheckedHere = $"not is_checked_elsewhere({OwnStore}, u.id)";

    /// <summary>The first extent of the range in each other store.</summary>
    public const string FirstElsewhere = $"""
        select distinct on (f.store) {ExtentColumns} from extents p join stored_files f on f.id = p.file_id
        where p.upload_id = @Id
          and p.start >= coalesce((select max(b.start) from extents b where b.upload_id = @Id and b.start <= @From), 0)
          and p.start < @Stop and f.store <> {OwnStore}
        order by f.store, p.start
        """;

    /// <summary>Whether the upload u has a chunk in the service's own store that is not merged.</summary>
    private const string HasUnplaced =
        "exists (select from extents q join stored_files f on f.id = q.file_id "
        + $"where q.upload_id = u.id and not q.placed and f.store = {OwnStore} offset 0)";

    /// <summary>
    /// Uploads with pending work. Walks three indexes side by side: uploads by the work they wait for, uploads that wait for their parts,
    /// and extents that are not placed. Each upload costs one lookup, however many extents it has. Each walk yields its first ids, so the
    /// first ids of all walks together are right. An upload that waits for parts appears once none of them can get more bytes; the check
    /// ends at the first part that can. Uploads with a damaged part are left out. So are those that another node hashes, and those without
    /// a chunk to merge in this store.
    /// </summary>
    public const string Pending = $$"""
        with recursive unplaced (upload_id, mergeable) as (
            select f.upload_id, (select is_present(u.state) and u.damaged_at is null
                                        and f.length is distinct from u.size and {{HasUnplaced}}
                                 from uploads u where u.id = f.upload_id)
            from (select p.upload_id, p.length from extents p where not p.placed and p.upload_id > @After
                  order by p.upload_id, p.start limit 1) f
            union all
            select n.upload_id, (select is_present(u.state) and u.damaged_at is null
                                        and n.length is distinct from u.size and {{HasUnplaced}}
                                 from uploads u where u.id = n.upload_id)
            from unplaced l
            cross join lateral (select p.upload_id, p.length from extents p
                                where not p.placed and p.upload_id > l.upload_id order by p.upload_id, p.start limit 1) n
        ), work (id) as (
            (select upload_id from unplaced where mergeable limit @Limit)
            union all
            (select u.id from uploads u
             where (u.state = 'completing'
                    or (u.state = 'completed' and u.sha256 is null)
                    or (takes_bytes(u.state) and u.declared_sha256 is not null)
                    or (is_ended(u.state) and u.has_content))
               and (is_ended(u.state) or u.damaged_at is null and {{CheckedHere}})
               and (u.state <> 'completed' or @Undeclared)
               and (not takes_bytes(u.state)
                    or u.protocol = 'session'
                       and coalesce((select r.hi from received_ranges r where r.upload_id = u.id and r.lo = 0), 0) > u.hash_bytes)
               and u.id > @After
             order by u.id limit @Limit)
            union all
            (select u.id from uploads u
             where u.state = 'open' and u.parts <> '{}' and u.id > @After
               and not exists (select from uploads p
                               where p.id = any (u.parts) and (is_unfinished(p.state) or p.damaged_at is not null))
             order by u.id limit @Limit)
        )
        select distinct id from work order by id limit @Limit
        """;

    public const string Reclaim = "select r.more, r.store, r.kind, r.incarnation, r.id from reclaim_content(@Incarnation, @Id, @Limit) r";

    public const string Knows = "select exists (select from stored_files where id = @Id)";

    public const string Tombstones = $"""
        select f.id, f.store, f.kind, f.incarnation from stored_files f
        where f.tombstone_at is not null and f.forget_at is null and f.store = {OwnStore}
        order by f.tombstone_at, f.id limit @Limit
        """;

    public const string NextSpread = $"""
        select n.* from spread_uploads s join upload_now n on n.id = s.upload_id
        where s.store = @Store and s.due <= (select service_seconds()) and (s.store = {OwnStore} or looks_after_bucket({OwnStore}))
        order by s.due limit 1
        """;

    public const string NextForTier = $"""
        select n.* from uploads u join upload_now n on n.id = u.id
        where u.state = 'completed' and u.damaged_at is null and not u.is_part
              and u.completed_at <= now() - make_interval(secs => @Seconds) and (u.completed_at, u.id) > (@After, @AfterId)
              and exists (select from extents p join stored_files f on f.id = p.file_id
                          where p.upload_id = u.id and f.store = {OwnStore} offset 0)
        order by u.completed_at, u.id limit @Limit
        """;

    public const string PutOffSpread = "update spread_uploads set due = service_seconds() + @Seconds where upload_id = @Id";

    public const string EndSpread = "delete from spread_uploads where upload_id = @Id and store = @Store";

    public const string MoveContent = "select move_content(@Incarnation, @Id, @File, @Kind, @Store, @Starts, @Lengths, @Files, @Offsets)";

    /// <summary>The same of the store that all nodes share.</summary>
    public const string SharedTombstones = """
        select f.id, f.store, f.kind, f.incarnation from stored_files f
        where f.tombstone_at is not null and f.forget_at is null and f.store = (select s.id from stores s where s.kind = 'bucket')
        order by f.tombstone_at, f.id limit @Limit
        """;

    public const string LooksAfterShared = $"select looks_after_bucket({OwnStore})";

    public const string FenceSilent = "select name from fence_silent(@Incarnation) name";

    public const string Forget = "select forget_files(@Incarnation, @Files)";

    public const string Purge = "select r.picked, r.ended, r.has_content from purge_uploads(@Incarnation, @Limit, @Keep, @Kept, @Idle) r";

    /// <summary>
    /// Files that no row names, of a fenced incarnation: its process can no longer record them. Also files of an incarnation that the
    /// ledger does not know, as after a restore from a backup. Such a number must be lower than the own one, because it cannot be handed
    /// out again. Files with higher numbers are left alone: they may belong to another ledger that uses this store.
    /// </summary>
    public const string Orphans = """
        select c.id, @Store as store, c.kind, c.incarnation
        from unnest(@Ids, @Kinds, @Incarnations) c (id, kind, incarnation)
        left join incarnations l on l.id = c.incarnation
        where (select may_sweep()) and not exists (select from stored_files f where f.id = c.id)
          and case when l.id is null then c.incarnation < @Incarnation else l.fenced_at is not null end
        """;

    public const string OldestChecked = $"""
        select n.* from (
            select u.id, u.checked_at from uploads u
            where u.state = 'completed' and u.damaged_at is null and u.checked_at < now() - @NotWithin
              and {CheckedHere}
            order by u.checked_at, u.id limit @Limit
        ) o
        join upload_now n on n.id = o.id
        order by o.checked_at, o.id
        """;

    public const string MarkChecked = "select mark_checked(@Incarnation, @Id)";

    public const string MarkDamaged = "select mark_damaged(@Incarnation, @Id, @Reason)";

    public const string IsElsewhere = "select is_elsewhere(@Incarnation, @Id)";

    public const string LiftQuarantine = "select lift_quarantine(@Incarnation, @Id)";

    public const string Doubtful = $"""
        select {ExtentColumns} from doubtful_extents(@Incarnation, @Id, @Limit) p join stored_files f on f.id = p.file_id order by p.start
        """;

    public const string SettleDoubt = "select settle_doubt(@Incarnation, @Id, @Good, @GoodFiles, @Bad, @BadFiles, @Reason)";

    public const string Unflushed = $"""
        select {ExtentColumns} from extents p join stored_files f on f.id = p.file_id
        where p.upload_id = @Id and not p.synced order by p.start limit @Limit
        """;

    public const string MarkFlushed = "select mark_flushed(@Incarnation, @Id, @Starts, @Lengths, @Files)";

    public const string Trim = "select trim_history(@Incarnation, @Age, @Limit)";
}
