using Npgsql;

namespace ChunkUpload.Tests.Functional.Database;

/// <summary>
/// A history of 100,000 uploads of two tenants, 100,000 figures, and as many events, the last hundred of which are not counted.
/// </summary>
public sealed class StatisticsAtScale : FilledLedger
{
    protected override async Task FillAsync(NpgsqlConnection connection)
    {
        await RunAsync(connection, Rows);
        // From all rows: in a small sample, one name that matches by chance stands for a thousand.
        await RunAsync(connection, "alter table finished_uploads alter column file_name set statistics 1000");
        await RunAsync(connection, "analyze uploads, events, finished_uploads, statistics, failed_attempts");
    }

    private const string Rows = """
        insert into tenants (name, title) values ('other', 'Other');
        insert into incarnations (node, store, host, boot_id, durability)
        values (gen_random_uuid(), gen_random_uuid(), 'host', 'boot', 'committed');
        insert into uploads (id, tenant, subject, protocol, state, file_name, content_type, size, received_bytes, idle_allowance, active_at,
                             purge_at, incarnation)
        select lpad(to_hex(i), 32, '0')::uuid, 'default', 'me', 'session', 'completed', 'f', 'text/plain', i, i, 600, 1, 1, 1
        from generate_series(1, 100000) i;
        insert into failed_attempts (upload_id, at, kind, start, bytes, kept, duration_ms)
        select lpad(to_hex(i), 32, '0')::uuid, now(), 'idle', 0, 1, 1, 1 from generate_series(1, 100000) i;
        insert into events (xid, at, tenant, subject, upload_id, kind)
        select i::text::xid8, now(), 'default', 'me', lpad(to_hex(i), 32, '0')::uuid, 'completed' from generate_series(1, 100000) i;
        update statistics_position set xid = '99900', id = 99900;
        insert into finished_uploads
        select lpad(to_hex(i), 32, '0')::uuid, case when i % 10 = 0 then 'other' else 'default' end, 'user ' || i % 1000, 'session',
               case when i % 100 = 0 then 'failed' else 'completed' end, null, 'report ' || i || '.bin', i, i, now(),
               now() - i * interval '1 minute', 1, 0, 0, 0, '{}', null, null, null, null
        from generate_series(1, 100000) i;
        insert into statistics
        select w, t, now() - i * interval '1 hour', 'sum', 'completed', i
        from generate_series(1, 17000) i, unnest(array['minute', 'hour', 'day']) w, unnest(array['default', 'other']) t
        """;
}
