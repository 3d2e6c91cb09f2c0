using Dapper;
using Npgsql;

namespace ChunkUpload.Tests.Functional.Database;

/// <summary>A ledger with 1,000,000 uploads and a session of 100,000 chunks, every second one of which came first.</summary>
public sealed class LedgerAtScale : FilledLedger
{
    public const string Crowd = "00000000-0000-0000-0000-000000000001";

    protected override async Task FillAsync(NpgsqlConnection connection)
    {
        // Build the indexes after the rows, from their own definitions, in a quarter of the time.
        var indexes = (await connection.QueryAsync<(string Name, string Definition)>("""
            select indexname::text, indexdef from pg_indexes
            where schemaname = 'chunkupload' and tablename in ('uploads', 'extents', 'stored_files', 'received_ranges')
              and indexname not like '%_pkey'
            """)).AsList();
        foreach (var index in indexes)
            await RunAsync(connection, $"drop index {index.Name}");
        await RunAsync(connection, Uploads);
        await RunAsync(connection, Chunks);
        await RunAsync(connection, Advice);
        await RunAsync(connection, "set maintenance_work_mem = '512MB'");
        foreach (var index in indexes)
            await RunAsync(connection, index.Definition);
        await RunAsync(
            connection, "analyze uploads, extents, stored_files, received_ranges, failed_attempts, advice_steps, client_networks");
    }

    // The advice of the crowded session and of 10,000 others, and as many networks as a service keeps in memory.
    private const string Advice = """
        insert into advice_steps (upload_id, at, chunk_size, concurrency, limited_by, succeeded, failed, bytes)
        select lpad(to_hex(case when i <= 500 then 1 else i % 10000 + 2 end), 32, '0')::uuid, now() - i * interval '10 seconds',
            1048576, 4, 'growth', 1, 0, 1048576
        from generate_series(1, 200000) i;
        insert into client_networks (tenant, subject, network, first_seen_at, seen_at, uploaded, requests, failures, figures)
        select case when i % 5000 = 0 then 'rare' when i % 10 = 0 then 'other' else 'default' end, 'key ' || i % 100,
            '10.' || i % 250 || '.' || i / 250 || '.0/24', now(),
               now() - i * interval '1 minute', 1, 1, 0, array_fill(1.0::double precision, array[14])
        from generate_series(1, 50000) i
        """;

    private const string Uploads = """
        insert into incarnations (node, store, host, boot_id, durability)
        values (gen_random_uuid(), gen_random_uuid(), 'host', 'boot', 'committed');
        update service_clock set seconds = 1000000;
        insert into uploads (id, tenant, subject, protocol, state, state_at, file_name, content_type, size, received_bytes, placed_bytes,
            created_at,
                             idle_allowance, active_at, purge_at, incarnation, has_content, declared_sha256, sha256, damaged_at, checked_at)
        select lpad(to_hex(i), 32, '0')::uuid, case when i % 10 = 0 then 'other' else 'default' end, 'subject',
               case when i % 7 = 0 then 'tus' else 'session' end, s.state, now() - i * interval '1 second',
               (array['holiday', 'report', 'backup', 'scan'])[1 + i % 4] || ' ' || i || '.bin', 'application/octet-stream',
               case when i > 1 then i % 1000 end, case when i > 1 then i % 1000 else 50000000 end, case when i > 1 then i % 1000 else 0 end,
               now() - i * interval '1 second', 86400, 900000, case when s.state = 'completed' then i else 990000 + i % 96400 end, 1,
               s.state not in ('expired', 'deleted', 'cancelled') or i % 1000 = 0,
               case when i % 100 = 0 then sha256('x') end, case when s.state = 'completed' and i % 5000 <> 0 then sha256('x') end,
               case when i % 9000 = 0 then now() end, case when i % 3 = 0 then now() else '-infinity' end
        from generate_series(1, 1000000) i
        cross join lateral (select (array['open', 'completed', 'completed', 'completed', 'completed', 'completed',
            'paused', 'expired', 'deleted', 'cancelled'])
                                   [case when i = 1 then 1 else 1 + i / 7 % 10 end] as state) s
        """;

    // Besides the crowded session, 200,000 uploads with an extent each, most of them placed.
    private const string Chunks = """
        insert into stored_files (id, upload_id, kind, incarnation, store, tombstone_at)
        select ('f' || lpad(to_hex(i), 31, '0'))::uuid,
            case when i <= 100000 then lpad('1', 32, '0') else lpad(to_hex(i), 32, '0') end::uuid, 1, 1,
               (select store from incarnations limit 1), case when i % 1000 = 0 and i > 100000 then now() end
        from generate_series(1, 300000) i;
        insert into extents (upload_id, start, length, file_id, file_offset, placed, synced, incarnation, sha256, started_at)
        select upload_id,
            case when upload_id = lpad('1', 32, '0')::uuid
                then 1000 * (row_number() over (partition by upload_id order by id) - 1) else 0 end,
               500, id, 0, upload_id <> lpad('1', 32, '0')::uuid and row_number() over (order by id) % 50 <> 0, true, 1, sha256('x'), now()
        from stored_files;
        insert into received_ranges (upload_id, lo, hi) select upload_id, start, start + length from extents;
        insert into failed_attempts (upload_id, at, kind, start, bytes, kept, duration_ms)
        select upload_id, now(), 'idle', start, 1, 1, 1 from extents where file_id < 'f0000000-0000-0000-0000-000000020000'
        """;
}
