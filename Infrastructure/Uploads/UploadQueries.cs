using ChunkUpload.Core.Uploads;

namespace ChunkUpload.Infrastructure.Uploads;

/// <summary>Statements on uploads: incarnations, creating, finding, listing, states.</summary>
internal static class UploadQueries
{
    public const string BeginIncarnation =
        "select begin_incarnation(@Node, @Store, @Host, @BootId, @Durability, @Newest, @Ended, @Alone)";

    public const string EndIncarnation = "update incarnations set ended_at = now() where id = @Incarnation and ended_at is null";

    public const string KeepWriting = "select keep_writing(@Incarnation, @Uploads)";
    public const string Beat = "select beat(@Incarnation, @Seconds)";

    public const string Recall = """
        select case when u.idempotency_hash is distinct from @KeyHash then 'mismatch' else 'known' end, n.*
        from uploads u join upload_now n on n.id = u.id
        where u.tenant = @Tenant and u.subject = @Subject and u.idempotency_key = @Key
        union all
        select case when v.request_hash is distinct from @KeyHash then 'mismatch' else 'placed' end, n.*
        from entry_versions v join upload_now n on n.id = v.upload
        where v.request = request_digest(@Tenant, @Subject, @Key)
        """;

    public const string Create = "select r.outcome, (r.upload).*, (r.excess).* from create_uploads($1, $2) r";

    /// <summary>
    /// The condition that the caller sees the upload <c>n</c>. An upload that the caller does not see gives the same answer as a missing
    /// one, from the same statement. What relays a file transfer is seen by its sender alone.
    /// </summary>
    public const string Seen = "n.tenant = @Tenant and sees_upload(@Owner, n.id, n.subject, n.state, n.target_space) "
        + "and (n.relay_of is null or n.subject = @Subject)";

    public const string Find = $"select * from upload_now n where n.id = @Id and {Seen}";

    public const string Unseen = """
        select h.number::int
        from unnest(@Tenants::text[], @Owners::text[], @Ids::uuid[]) with ordinality h (tenant, owner, upload, number)
        where not exists (
            select from uploads u
            where u.id = h.upload and u.tenant = h.tenant and sees_upload(h.owner, u.id, u.subject, u.state, u.target_space))
        """;

    public const string FindAll = $"select * from upload_now n where n.id = any (@Ids) and {Seen}";

    public const string Get = "select * from upload_now where id = @Id";

    public const string SetPaused =
        "select r.outcome, (r.upload).* from set_paused(@Incarnation, @Tenant, @Owner, @Subject, @Id, @Paused) r";

    public const string SetPriority =
        "select r.outcome, (r.upload).* from set_priority(@Incarnation, @Tenant, @Owner, @Subject, @Id, @Priority::smallint) r";

    public const string End =
        "select r.outcome, (r.upload).* from end_upload(@Incarnation, @Tenant, @Owner, @Subject, @Id, @Epoch, @State, @Reason) r";

    public const string BeginComplete = """
        select r.outcome, r.missing_from, r.missing_to, (r.upload).*
        from begin_complete(@Incarnation, @Tenant, @Owner, @Subject, @Id, @Size, @Sha256) r
        """;

    public const string Declare =
        "select r.outcome, (r.upload).*, (r.excess).* from declare_upload(@Incarnation, @Tenant, @Owner, @Id, @Epoch, @Size, @Sha256) r";

    public const string RaiseEpoch = "select * from raise_epoch(@Incarnation, @Tenant, @Owner, @Id, @Epoch)";

    public const string Concatenate = """
        select r.outcome, (r.upload).*, (r.excess).* from concatenate_uploads(@Incarnation, @Owner, @Uploads::json, @MaxSize, @MayWait) r
        """;

    public const string Join = "select * from join_upload(@Incarnation, @Id, @MaxSize, @Gone, @TooLarge, @NoRoom)";

    public const string WaitingFor = "select id from uploads where parts @> array[@Part] and parts <> '{}' and state = 'open'";

    public const string SavedHash = "select hash_bytes, hash_state from uploads where id = @Id and hash_state is not null";

    public const string SaveHash = "select save_hash(@Incarnation, @Id, @Bytes, @State, @Sha256, @Revision, @Mismatch)";

    /// <summary>
    /// One page of the list. For each state, the query walks an index in order and takes the first rows; then it merges these rows. So a
    /// page costs as much as it has rows, whatever states it filters on. A selective name is found through the trigram index instead.
    /// </summary>
    public static string List(UploadQuery query)
    {
        var (key, after) = query.Sort switch
        {
            UploadSort.CreatedAt => ("u.created_at", "@AfterTime"),
            UploadSort.Name => ("lower(left(u.file_name, 200)) collate \"C\"", "lower(left(@AfterText, 200)) collate \"C\""),
            UploadSort.Size => ("coalesce(u.size, -1)", "@AfterNumber"),
            _ => throw new ArgumentOutOfRangeException(nameof(query), query.Sort, null),
        };
        var (beyond, direction) = query.Descending ? ("<", "desc") : (">", "asc");
        // The condition of the indexes, which leave out uploads that are files of the tree.
        var filter = " and (u.state <> 'completed' or u.target_space is null) and u.relay_of is null";
        // The caller's own uploads, and those that came through the caller's links.
        var subjects = query.Caller.Owner is null ? "" : """
            cross join (
                select @Owner::text as subject union all select 'link:' || translate(l.id::text, '-', '') from links l
                where l.made_by = @Owner and l.tenant = @Tenant
            ) o
            """;
        if (query.Caller.Owner is not null)
            filter += " and u.subject = o.subject";
        if (query.NameContains is not null)
            filter += " and u.file_name ilike @Name";
        if (query.CreatedAfter is not null)
            filter += " and u.created_at > @CreatedAfter";
        if (query.CreatedBefore is not null)
            filter += " and u.created_at < @CreatedBefore";
        if (!query.WithParts)
            filter += " and not u.is_part";
        if (query.After is not null)
            filter += $" and ({key}, u.id) {beyond} ({after}, @AfterId)";

        return $"""
            select n.*
            from (
                select page.id, page.key
                from unnest(@States) s (state)
                {subjects}
                cross join lateral (
                    select u.id, {key} as key from uploads u
                    where u.tenant = @Tenant and u.state = s.state{filter}
                    order by {key} {direction}, u.id {direction} limit @Limit
                ) page
                order by page.key {direction}, page.id {direction} limit @Limit
            ) p
            join upload_now n on n.id = p.id
            order by p.key {direction}, p.id {direction}
            """;
    }
}
