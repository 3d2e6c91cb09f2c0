using Npgsql;

namespace ChunkUpload.Tests.Functional.Database;

/// <summary>
/// A space with a folder of 100,000 files, each with an earlier content, and 100,000 removed files and changes; and as much of another
/// tenant.
/// </summary>
public sealed class TreeAtScale : FilledLedger
{
    public static readonly Guid Space = Guid.Parse("00000000-0000-0000-0000-000000000001");
    public static readonly Guid Folder = Guid.Parse("00000000-0000-0000-0000-0000000000f1");
    public static readonly Guid File = Guid.Parse("10000000-0000-0000-0000-000000000005");
    public static readonly Guid Removed = Guid.Parse("1a000000-0000-0000-0000-000000000005");

    protected override async Task FillAsync(NpgsqlConnection connection)
    {
        await RunAsync(connection, Rows);
        await RunAsync(connection, "analyze uploads, spaces, entries, entry_versions, changes");
    }

    private const string Rows = """
        insert into incarnations (node, store, host, boot_id, durability)
        values (gen_random_uuid(), gen_random_uuid(), 'host', 'boot', 'committed');
        update service_clock set seconds = 1000000;
        insert into spaces (id, tenant, kind, name, sequence) values
            ('00000000-0000-0000-0000-000000000001', 'default', 'shared', 'Files', 100000),
            ('00000000-0000-0000-0000-000000000002', 'other', 'shared', 'Files', 100000);
        insert into entries (id, space, name, kind, modified_ns, owner) select id, id, '', 'folder', 0, 'system' from spaces;
        insert into entries (id, space, parent, name, kind, modified_ns, owner)
        select lpad('f' || right(s.id::text, 1), 32, '0')::uuid, s.id, s.id, 'folder', 'folder', 0, 'me' from spaces s;
        insert into uploads (id, tenant, subject, protocol, state, file_name, content_type, size, received_bytes, placed_bytes, hash_bytes,
                             sha256, idle_allowance, active_at, purge_at, incarnation, has_content,
                             completed_at, target_space, target_parent)
        select (right(s.id::text, 1) || lpad(to_hex(i), 31, '0'))::uuid, s.tenant, 'me', 'put', 'completed', 'f', 'text/plain', i, i, i, i,
               sha256(i::text::bytea), 600, 1, 1, 1, true, now(), s.id, s.id
        from spaces s, generate_series(1, 100000) i;
        insert into entries (id, space, parent, name, kind, version, size, modified_ns, owner)
        select (right(s.id::text, 1) || lpad(to_hex(i), 31, '0'))::uuid, s.id, lpad('f' || right(s.id::text, 1), 32, '0')::uuid,
               (array['holiday', 'report', 'backup', 'scan'])[1 + i % 4] || ' ' || i, 'file', 2, i, i % 1000, 'me'
        from spaces s, generate_series(1, 100000) i;
        insert into entry_versions (entry, number, upload, size, sha256, modified_ns, subject, until, until_clock)
        select e.id, n, e.id, e.size, sha256(e.size::text::bytea), 0, 'me', case when n = 1 then now() - e.size * interval '1 second' end,
               case when n = 1 then 999999 - e.size end
        from entries e, generate_series(1, 2) n where e.kind = 'file';
        insert into entries (id, space, parent, name, kind, version, size, modified_ns, owner, removed_at, removed_by, removed_clock)
        select overlay(e.id::text placing 'a' from 2 for 1)::uuid, e.space, e.parent, e.name, 'file', 1, e.size, 0, 'me',
               now() - e.size * interval '1 second', 'me', 999999 - e.size
        from entries e where e.kind = 'file';
        insert into entry_versions (entry, number, upload, size, modified_ns, subject)
        select e.id, 1, overlay(e.id::text placing '0' from 2 for 1)::uuid, e.size, 0, 'me' from entries e where e.removed_at is not null;
        insert into changes (space, number, kind, subject, entry, name, entry_kind, revision, modified_ns)
        select e.space, e.size, 'created', 'me', e.id, e.name, e.kind, 1, 0 from entries e where e.kind = 'file' and e.removed_at is null
        """;
}
