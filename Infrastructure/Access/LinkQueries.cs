using ChunkUpload.Infrastructure.Audit;

namespace ChunkUpload.Infrastructure.Access;

/// <summary>Statements on links. Every statement that changes access rights calls access_changed.</summary>
internal static class LinkQueries
{
    /// <summary>The columns of <see cref="LinkRow"/>. The link is <c>l</c>.</summary>
    private const string Columns = """
        l.id as "LinkId", l.kind, l.tenant as "LinkTenant", l.title as "LinkTitle", l.made_by as "LinkMadeBy", l.user_id as "LinkUser",
        l.made_with as "MadeWith", l.space, l.entry, l.created_at as "LinkCreatedAt", l.expires_at as "LinkExpiresAt",
        l.revoked_at as "LinkRevokedAt", l.disabled_at as "LinkDisabledAt", l.max_size as "MaxSize", l.max_files as "MaxFiles",
        l.max_bytes as "MaxBytes", l.types, l.names, l.folders, l.priority, l.files, l.bytes,
        l.password as "LinkPassword", l.max_downloads as "MaxDownloads", l.downloads
        """;

    public const string Add = $"""
        with added as (insert into links (
            id, token, kind, tenant, title, made_by, user_id, made_with, space, entry, expires_at, max_size, max_files, max_bytes, types,
            names, folders, priority, password, max_downloads)
        values (
            @Id, @Token, @Kind, @Tenant, @Title, @MadeBy, @User, @MadeWith, @Space, @Entry, @ExpiresAt, @MaxSize, @MaxFiles, @MaxBytes,
            @Types, @Names, @Folders, @Priority::smallint, @Password, @MaxDownloads)
        on conflict do nothing returning 1)
        select {ActParameters.Noted} from added
        """;

    private const string Seen = "l.tenant = @Tenant and (@Maker::text is null or l.made_by = @Maker)";

    public const string Find = $"select {Columns} from links l where l.id = @Id and {Seen}";

    public const string List = $"""
        select {Columns} from links l
        where {Seen} and (@After::uuid is null or (l.created_at, l.id) < (select a.created_at, a.id from links a where a.id = @After))
        order by l.created_at desc, l.id desc limit @Limit
        """;

    public const string Change = $"""
        with changed as (
            update links set title = @Title, expires_at = @ExpiresAt, max_files = @MaxFiles, max_downloads = @MaxDownloads,
                   password = @Password
            where id = @Id returning tenant
        )
        select {ActParameters.ChangedInTenant} from changed
        """;

    public const string Revoke = $"""
        with revoked as (
            update links l set revoked_at = coalesce(l.revoked_at, now()) where l.id = @Id and {Seen} returning l.tenant
        )
        select {ActParameters.ChangedInTenant} from revoked
        """;

    public const string Enable = $"""
        with enabled as (
            update links set disabled_at = null where disabled_at is not null and (@Id::uuid is null or id = @Id) returning tenant
        )
        select {ActParameters.ChangedInTenant} from enabled
        """;

    public const string CountDownload = "select count_download(@Link, @Entry, @Client)";

    public const string Held = $"""
        select {Columns}, coalesce(l.space is null or reaches_space(l.space, l.made_by, l.kind = 'upload'), false) as "MakerReaches",
               {UserQueries.KeyColumns}, {UserQueries.TenantColumns}, {UserQueries.Columns}
        from links l
        join tenants t on t.name = l.tenant
        left join api_keys k on k.id = l.made_with
        left join users u on u.id = coalesce(k.user_id, l.user_id)
        where l.token = @Token
        """;
}
