using ChunkUpload.Core.Fsck;

namespace ChunkUpload.Infrastructure.Fsck;

/// <summary>The queries of fsck about the trees. Every page reads an index from a key, and joins only the rows of the page.</summary>
internal static class FsckTreeQueries
{
    /// <summary>Cycles are searched afterwards in the folders of all entries.</summary>
    public const string Entries = """
        with page as materialized (
            select * from entries where @After::uuid is null or id > @After order by id limit @Limit
        )
        select e.id, e.name, case when e.kind = 'folder' then e.parent end as folder,
               case
                   when e.purging then null
                   when e.parent is null and (e.id <> e.space or not exists (select from spaces s where s.id = e.space)) then 'entry-orphan'
                   when e.removed_at is null and e.parent is not null
                        and not exists (select from entries p where p.id = e.parent and p.kind = 'folder' and p.space = e.space)
                       then 'entry-orphan'
                   when e.kind = 'file'
                        and not exists (select from entry_versions v where v.entry = e.id and v.number = e.version and v.size = e.size)
                       then 'entry-content'
               end as fault
        from page e
        order by e.id
        """;

    /// <summary>
    /// The folders among the given ones whose parents never reach a root: they are in a cycle or below one. The recursion ends at a cycle
    /// because <c>union</c> drops folders that it has already visited.
    /// </summary>
    public const string Cycles = """
        select e.id, e.name, 'entry-cycle' as fault
        from unnest(@Folders) f (id)
        join entries e on e.id = f.id
        where not e.purging
              and not exists (
                  with recursive up (id) as (
                      select e.parent
                      union
                      select p.parent from up join entries p on p.id = up.id
                  )
                  select from up left join entries p on p.id = up.id where p.id is null)
        order by e.id
        """;

    public const string Versions = """
        with page as materialized (
            select * from entry_versions where @Entry::uuid is null or (entry, number) > (@Entry, @Number)
            order by entry, number limit @Limit
        )
        select v.entry, v.number, v.upload,
               case
                   when not exists (
                       select from uploads u
                       where u.id = v.upload and u.state = 'completed' and u.target_space is not null and u.size = v.size)
                       then 'version-upload'
                   when not exists (select from entries e where e.id = v.entry) then 'version-unused'
               end as fault
        from page v
        order by v.entry, v.number
        """;

    public const string Spaces = """
        select s.id, s.name, s.entries, s.bytes, s.earlier_bytes,
               (select count(*) from entries e where e.space = s.id and e.parent is not null) as summed_entries,
               (select coalesce(sum(v.size), 0)::bigint from entry_versions v join entries e on e.id = v.entry where e.space = s.id)
                   as summed_bytes,
               (select coalesce(sum(v.size), 0)::bigint from entry_versions v join entries e on e.id = v.entry
                where e.space = s.id and v.until is not null) as summed_earlier_bytes
        from spaces s
        order by s.id
        """;

    public const string RecountSpace = "select recount_space(@Space)";
}

internal sealed class FsckEntryRow
{
    public Guid Id { get; set; }
    public string Name { get; set; } = "";
    public Guid? Folder { get; set; }
    public string? Fault { get; set; }

    public FsckEntry ToEntry() => new(new EntryId(Id), Name, Folder is { } folder ? new EntryId(folder) : null, Fault);
}

internal sealed class FsckVersionRow
{
    public Guid Entry { get; set; }
    public int Number { get; set; }
    public Guid Upload { get; set; }
    public string? Fault { get; set; }

    public FsckVersion ToVersion() => new(new FsckVersionKey(new EntryId(Entry), Number), new UploadId(Upload), Fault);
}

internal sealed class FsckSpaceRow
{
    public Guid Id { get; set; }
    public string Name { get; set; } = "";
    public long Entries { get; set; }
    public long Bytes { get; set; }
    public long EarlierBytes { get; set; }
    public long SummedEntries { get; set; }
    public long SummedBytes { get; set; }
    public long SummedEarlierBytes { get; set; }

    public FsckSpace ToSpace() =>
        new(new EntryId(Id), Name, new FsckSpaceSums(Entries, Bytes, EarlierBytes),
            new FsckSpaceSums(SummedEntries, SummedBytes, SummedEarlierBytes));
}
