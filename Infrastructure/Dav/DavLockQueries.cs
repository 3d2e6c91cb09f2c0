namespace ChunkUpload.Infrastructure.Dav;

/// <summary>Statements on WebDAV locks and on the properties that clients set.</summary>
internal static class DavLockQueries
{
    public const string Lock = """
        select lock_place(
            @Incarnation, @Token, @Tenant, @Subject, @Space, @Parent, @Name, @Exclusive, @Deep, @Owner, @Seconds, @Most, @Guard::jsonb,
            @Revision)
        """;

    public const string Refresh = "select * from refresh_lock(@Incarnation, @Space, @Parent, @Name, @Seconds, @Guard::jsonb)";

    public const string Unlock = "select unlock_place(@Incarnation, @Space, @Parent, @Name, @Token, @Subject)";

    private const string Columns = """
        select l.token, l.tenant, l.subject, l.space, l.parent, l.name, l.exclusive, l.deep, l.owner,
               greatest(l.expires_clock - service_seconds(), 0) as seconds,
        """;

    private const string WithPath = $$"""
        {{Columns}}
               case when l.parent is null then '{}' else entry_path(l.parent) || l.name end as path,
               l.parent is null or exists (
                   select from entries o where o.parent = l.parent and o.name = l.name and o.removed_at is null and o.kind = 'folder'
               ) as is_folder
        """;

    private const string WithoutPath = $"{Columns} null::text[] as path";

    public const string Over = $"{WithPath} from locks_over(@Space, @Parent, @Name) l";

    public const string Below = $"{WithPath} from locks_below(@Space, @Entry) l";

    public const string In = $"{WithoutPath} from dav_locks l where l.space = @Space and l.parent = @Folder and is_live_lock(l)";

    public const string OfToken = $"{WithPath} from dav_locks l where l.token = @Token";

    public const string Fault = "select guard_fault(@Guard::jsonb, @Space, @Parent, @Name, @Member)";

    public const string Use = """
        insert into dav_lock_uses (request, lock, incarnation)
        select @Request, l.token, @Incarnation from dav_locks l
        where l.token = any (@Tokens) and l.subject = @Subject and is_live_lock(l)
        on conflict do nothing
        """;

    public const string Release = "delete from dav_lock_uses where request = @Request";

    public const string Properties = "select p.entry, p.name, p.value from entry_properties p where p.entry = any (@Entries)";

    public const string ChangeProperties = """
        select change_properties(
            @Incarnation, @Space, @Entry, @Set::jsonb, @Removed, @ModifiedNs, @Subject, @Most, @Guard::jsonb, @Revision,
            @Repeated)
        """;
}
