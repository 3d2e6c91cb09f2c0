-- Streams whose first record has all of their bytes.
create function complete_streams(p_incarnation bigint, p_uploads uuid[], p_epochs bigint[], p_sizes bigint[], p_segments uuid[], p_kind smallint, p_sha256 bytea[])
returns setof upload_now
language plpgsql set enable_seqscan = off set enable_hashjoin = off set enable_mergejoin = off set jit = off as $$
declare
    v_now bigint;
    v_fit int;
begin
    -- 1.
    if own_incarnation(p_incarnation) is null then
        return;
    end if;
    -- 2.
    perform from uploads where id = any (p_uploads) order by id for update;
    -- 3. By their keys and by nothing else: a plan for an empty or a large ledger might otherwise walk an index.
    select count(*) filter (where u.state in ('open', 'paused') and u.damaged_at is null and u.protocol <> 'session' and u.epoch = n.epoch and u.received_bytes = 0
                              and u.size = n.size and coalesce(u.declared_sha256 = n.sha256, true))
    into v_fit
    from unnest(p_uploads, p_epochs, p_sizes, p_sha256) n (id, epoch, size, sha256)
    join uploads u on u.id = n.id
    where u.id = any (p_uploads);
    if v_fit < cardinality(p_uploads) then
        return;
    end if;
    -- 4.
    v_now := service_seconds();
    insert into stored_files (id, upload_id, kind, incarnation)
    select n.segment, n.id, p_kind, p_incarnation from unnest(p_uploads, p_segments) n (id, segment);
    insert into extents (upload_id, start, length, file_id, file_offset, placed, synced, incarnation, started_at)
    select n.id, 0, n.size, n.segment, 0, true, true, p_incarnation, now() from unnest(p_uploads, p_sizes, p_segments) n (id, size, segment);
    return query
        with done as (
            update uploads u
            set received_bytes = n.size, placed_bytes = n.size, hash_bytes = n.size, hash_state = null, front_sha256 = n.sha256, sha256 = n.sha256,
                consecutive_failures = 0, active_at = case when u.slides then v_now else u.active_at end, first_byte_at = coalesce(u.first_byte_at, now()),
                last_byte_at = now(), completed_at = now(), state = 'completed', state_at = now(), state_reason = null,
                purge_at = case when not u.is_part then v_now when u.slides then v_now + u.idle_allowance else u.active_at + u.idle_allowance end
            from unnest(p_uploads, p_sizes, p_sha256) n (id, size, sha256)
            where u.id = n.id and u.id = any (p_uploads)
            returning u.*
        ), told as (
            insert into events (tenant, subject, upload_id, kind, data)
            select d.tenant, d.subject, d.id, 'completed', jsonb_build_object('size', d.size) from done d
        )
        select (upload_seen(d, v_now)).* from done d;
end $$;
