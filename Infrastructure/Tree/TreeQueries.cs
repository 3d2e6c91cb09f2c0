using ChunkUpload.Core.Tree;
using ChunkUpload.Infrastructure.Uploads;

namespace ChunkUpload.Infrastructure.Tree;

/// <summary>Statements on spaces, entries, the trash and the changes.</summary>
internal static class TreeQueries
{
    /// <summary>The condition that an entry <c>e</c> is not an incomplete copy. Comparing names first keeps long folders fast.</summary>
    public const string WholeOnly = "not (starts_with(e.name, '.copy-') and is_draft_copy(e.space, e.parent, e.name))";

    public const string SharedSpace = "select shared_space(@Tenant)";

    public const string OwnSpace = "select own_space(@Tenant, @Subject)";

    /// <summary>The condition that the caller may read the space <c>s</c>.</summary>
    private const string Reached = "s.tenant = @Tenant and s.removed_at is null and reaches_space(s.id, @Owner, false)";

    private const string SpaceColumns = "select s.*, reaches_space(s.id, @Owner, true) as can_change from spaces s";

    public const string Space = $"{SpaceColumns} where s.id = @Id and {Reached}";

    public const string Spaces = $"{SpaceColumns} where {Reached} order by s.created_at, s.id";

    public const string SpacesOfSeveral = """
        select c.number::int as "Number", s.id as "Space"
        from unnest(@Tenants::text[], @Owners::text[]) with ordinality c (tenant, owner, number)
        join spaces s on s.tenant = c.tenant and s.removed_at is null and reaches_space(s.id, c.owner, false)
        """;

    public const string Resolve = "select r.depth, (r.entry).* from resolve_path(@Space, @Names) r";

    public const string Find = $"""
        select entry_path(n.id), n.* from entry_now n join spaces s on s.id = n.space where n.id = @Id and {Reached}
        """;

    public const string FindMany = """
        select f.number, (f.entry).* from find_entries(@Folder, @Folders::json, @Places, @Names) f
        """;

    public const string FindDamaged = """
        select entry_path(n.id), n.*
        from uploads u
        join entry_versions v on v.upload = u.id and v.until is null
        join entry_now n on n.id = v.entry
        where u.damaged_at is not null
          and (n.id = any (@Entries) or exists (select from unnest(@Entries) f (id) where is_below(n.id, f.id)))
          and entry_path(n.id) is not null
        limit 1
        """;

    public const string EntriesOf = """
        select n.* from entry_versions v join entry_now n on n.id = v.entry and n.version = v.number where v.upload = any (@Uploads)
        """;

    public const string FilesOf = $"""
        select entry_path(n.id), n.*
        from (select distinct v.entry from entry_versions v where v.upload = @Upload and v.until is null) o
        join entry_now n on n.id = o.entry
        join spaces s on s.id = n.space
        where {Reached} and entry_path(n.id) is not null
        order by n.created_at, n.id limit @Limit
        """;

    public const string PublishedAs = """
        select v.number, n.* from entry_versions v join entry_now n on n.id = v.entry where v.upload = @Upload order by v.created_at limit 1
        """;

    /// <summary>The condition that the bytes of the upload u are undamaged and in stores of this ledger's nodes.</summary>
    private const string Readable = $"u.damaged_at is null and {ExtentQueries.InStoresOfNodes}";

    /// <summary>Content in a store of no node cannot be served here, so its bytes must be sent again.</summary>
    public const string WithContent = $"""
        select v.upload
        from entry_versions v
        join entries e on e.id = v.entry
        join spaces s on s.id = e.space
        join uploads u on u.id = v.upload and u.state = 'completed' and {Readable}
        where v.sha256 = @Sha256 and (@Size::bigint is null or v.size = @Size) and v.until is null and {Reached}
              and entry_path(e.id) is not null
        limit 1
        """;

    public const string Unreadable = $"select u.id from uploads u where u.id = any (@Uploads) and not ({Readable})";

    public const string Walk = "select w.path, (w.entry).* from walk_tree(@Folder, @After, @Limit) w";

    public const string Search = """
        select s.path, (s.entry).* from search_entries(@Space, @Folder, @Text, @Kind, @AfterName, @AfterId, @Limit, @Most) s
        """;

    public const string Arriving = """
        select * from upload_now
        where target_parent = @Folder and state in ('open', 'paused', 'completing', 'checking') and (@After::uuid is null or id > @After)
        order by id limit @Limit
        """;

    /// <summary>Reads the changes first: if some of them are trimmed before the second statement, it reports that they are.</summary>
    public const string Changes = """
        select * from changes where space = @Space and number > @After order by number limit @Limit;
        select l.generation, s.trimmed_to, s.sequence, (select at from changes where space = @Space and number = @After)
        from ledger l, spaces s where s.id = @Space
        """;

    public const string Make = """
        select r.outcome, (r.entry).*, (r.excess).*
        from make_entry(
            @Incarnation, @Id, @Space, @Parent, @Names, @Conflict, @ModifiedNs, @Mode, @LinkTarget, @Subject,
            @Source, @Guard::jsonb, @Alone) r
        """;

    public const string Change = """
        select r.outcome, (r.entry).*
        from change_entry(
            @Incarnation, @Space, @Id, @Revision, @Parent, @Names, @Conflict, @ModifiedNs, @Mode, @Subject, @Repeated) r
        """;

    public const string MoveOver = """
        select r.outcome, (r.entry).*
        from move_over(@Incarnation, @Space, @Id, @Revision, @Parent, @Name, @Overwrite, @Subject, @Repeated, @Guard::jsonb) r
        """;

    public const string Remove =
        "select r.outcome, (r.entry).* from remove_entry(@Incarnation, @Space, @Id, @Revision, @Subject, @Repeated) r";

    public const string RemoveGuarded = """
        select r.outcome, (r.entry).*
        from remove_entry(@Incarnation, @Space, @Id, @Revision, @Subject, @Repeated, @Guard::jsonb) r
        """;

    public const string Restore = """
        select r.outcome, (r.entry).*
        from restore_entry(@Incarnation, @Space, @Id, @Parent, @Names, @Conflict, @Subject, @Repeated) r
        """;

    public const string PlaceUpload = """
        select r.outcome, (r.entry).*, (r.excess).*
        from place_upload(
            @Incarnation, @Id, @Upload, @Tenant, @Owner, @Copy, @Live, @Space, @Parent, @Names, @Conflict, @Into, @Revision, @ModifiedNs,
            @Mode, @Subject, @Repeated, @Source, @Key, @KeyHash, @Guard::jsonb) r
        """;

    public const string BeginMove = """
        select r.outcome, (r.entry).*, (r.excess).*
        from begin_move(
            @Incarnation, @Move, @Id, @Space, @Entry, @Revision, @To, @Parent, @Names, @Conflict, @Tenant, @Subject, @Repeated,
            @Guard::jsonb) r
        """;

    public const string EndMove = "select end_move(@Incarnation, @Move, @Entries, @LeftOut)";

    public const string ReportMove =
        "update folder_moves set entries = @Entries, left_out = @LeftOut where id = @Move and ended_at is null";

    private const string MoveColumns = "select m.*, t.space as target_space from folder_moves m left join entries t on t.id = m.target";

    public const string OpenMoves = $"{MoveColumns} where m.ended_at is null order by m.started_at";

    /// <summary>Callers who see the whole tenant see all of its moves; others see the moves that they requested.</summary>
    public const string FindMove =
        $"{MoveColumns} where m.id = @Move and m.tenant = @Tenant and (@Owner::text is null or m.subject = @Subject)";

    public const string Copy = """
        select r.outcome, r.copies, (r.excess).*
        from copy_entries(@Incarnation, @Space, @Sources, @Ids, @Parents, @Names, @Subject, @Moves) r
        """;

    public const string EmptyTrash = "select empty_trash(@Incarnation, @Space, @Entry, @Version, @Limit)";

    public const string PurgeTrash = "select * from purge_trash(@Incarnation, @Limit, @Keep, @Reason)";

    private const string RemovedEntries = """
        select e.id, null::int as version, null::uuid as upload, null::bigint as size, null::bigint as modified_ns,
               e.removed_at as at, e.removed_by as by
        from entries e
        where e.space = @Space and e.removed_at is not null and not e.purging and e.removed_clock < moving_clock()
        """;

    private const string OldVersions = """
        select v.entry, v.number, v.upload, v.size, v.modified_ns, v.until,
               (select o.subject from entry_versions o where o.entry = v.entry and o.number > v.number order by o.number limit 1)
        from entry_versions v
        join entries e on e.id = v.entry
        where e.space = @Space and v.until is not null and not v.kept and v.until_clock >= 0 and not e.purging
              and not is_versioned(v.entry)
        """;

    private const string TrashItem = """
        select t.version as old_version, t.upload as old_upload, t.size as old_size, t.modified_ns as old_modified_ns, t.at, t.by,
               case when t.version is not null then entry_path(n.id) when p.path is not null then p.path || n.name end as path
        """;

    private const string TrashColumns = $"{TrashItem}, n.*";

    private const string TrashItems = $"{TrashItem}, n.id, n as item";

    private const string TrashJoins = "join entry_now n on n.id = t.id cross join lateral (select entry_path(n.parent) as path offset 0) p";

    /// <summary>Each half of the page reads an index in order. The page ends early after 8 MiB of paths.</summary>
    public const string Trash = $"""
        select old_version, old_upload, old_size, old_modified_ns, at, by, path, (item).*
        from (
        select o.*, sum(octet_length(array_to_string(o.path, '/'))) over (
            order by o.at desc, o.id desc, coalesce(o.old_version, 0) desc rows unbounded preceding exclude current row) as before
        from (
        {TrashItems}
        from (
            ({RemovedEntries} and (@AfterAt::timestamptz is null or (e.removed_at, e.id, 0) < (@AfterAt, @AfterId, @AfterVersion))
             order by e.removed_at desc, e.id desc limit @Limit)
            union all
            ({OldVersions} and (@AfterAt::timestamptz is null or (v.until, v.entry, v.number) < (@AfterAt, @AfterId, @AfterVersion))
             order by v.until desc, v.entry desc, v.number desc limit @Limit)
        ) t
        {TrashJoins}
        order by t.at desc, t.id desc, coalesce(t.version, 0) desc limit @Limit
        ) o ) p
        where before is null or before <= 8388608
        order by at desc, id desc, coalesce(old_version, 0) desc
        """;

    public const string RemovedEntry = $"{TrashColumns} from ({RemovedEntries} and e.id = @Entry) t {TrashJoins}";

    public const string OldVersion = $"""
        {TrashColumns}
        from ({OldVersions} and v.entry = @Entry and v.number = @Version) t (id, version, upload, size, modified_ns, at, by)
        {TrashJoins}
        """;

    /// <summary>Counts up to <c>@Most</c> entries of each folder. Reading one more shows that there are more.</summary>
    public const string Count = """
        select f.id, c.files, c.folders
        from unnest(@Folders) f (id)
        cross join lateral (
            select count(*) filter (where e.kind <> 'folder')::int as files, count(*) filter (where e.kind = 'folder')::int as folders
            from (select n.kind from entries n where n.parent = f.id and n.removed_at is null order by n.name limit @Most + 1) e
        ) c
        """;

    public const string Totals = """
        select count(*) filter (where e.kind <> 'folder') as files, count(*) filter (where e.kind = 'folder') as folders,
               coalesce(sum(e.size), 0)::bigint as bytes
        from entries e where e.parent = @Folder and e.removed_at is null
        """;

    public const string CountBelow = "select files, folders, bytes, more from count_below(@Folder, @Most)";

    /// <summary>Returns the statement for one page of a folder. By name it uses an index; by size or time the folder is sorted.</summary>
    public static string List(FolderQuery query)
    {
        var key = query.Sort switch
        {
            EntrySort.Name or EntrySort.Natural => "0::bigint",
            EntrySort.Size => "coalesce(e.size, -1)",
            EntrySort.Modified => "e.modified_ns",
            _ => throw new ArgumentOutOfRangeException(nameof(query), query.Sort, null),
        };
        var (beyond, direction) = query.Descending ? ("<", "desc") : (">", "asc");
        var (order, row, after) = query.Sort switch
        {
            EntrySort.Name => ($"e.name {direction}", "e.name", "@AfterName"),
            EntrySort.Natural => (
                $"e.name collate natural_names {direction}, e.name {direction}", "(e.name collate natural_names, e.name)",
                "(@AfterName collate natural_names, @AfterName)"),
            _ => ($"{key} {direction}, e.name {direction}", $"({key}, e.name)", "(@AfterNumber, @AfterName)"),
        };
        var filter = query.Kind is null ? "" : " and e.kind = @Kind";
        if (query.After is not null)
            filter += $" and {row} {beyond} {after}";
        return $"""
            select n.*, exists (
                select from entries o
                where o.parent = n.parent and o.folded = n.folded and o.id <> n.id and o.removed_at is null) as has_twin,
                (select u.content_type from uploads u where u.id = n.upload) as media_type
            from (
                select e.id, row_number() over (order by {order}) as place from entries e
                where e.parent = @Folder and e.removed_at is null and {WholeOnly}{filter}
                order by {order} limit @Limit
            ) p
            join entry_now n on n.id = p.id
            order by p.place
            """;
    }
}
