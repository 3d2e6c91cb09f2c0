-- Freeing: the ledger lets go first, then the disk (E3).

-- Frees one batch of an ended upload's content, then names tombstones of the upload that are to be unlinked. One row per file, or one row
-- without a file; more says whether extents are left.
create function reclaim_content(p_incarnation bigint, p_upload uuid, p_limit int)
returns table (more boolean, kind smallint, incarnation bigint, id uuid)
language plpgsql set enable_seqscan = off set jit = off as $$
declare
    u       uploads;
    v_files uuid[];
    v_count int := 0;
begin
    -- 1.
    if own_incarnation(p_incarnation) is null then
        return;
    end if;
    -- 2.
    select * into u from uploads up where up.id = p_upload for update;
    -- 3.
    if u.state in ('cancelled', 'expired', 'failed', 'deleted') and u.has_content then
        -- 4. Extents in batches; with the last batch whatever else the upload had.
        with gone as (
            delete from extents p
            where p.upload_id = p_upload and p.start in (select b.start from extents b where b.upload_id = p_upload order by b.start limit p_limit)
            returning p.file_id
        )
        select array_agg(distinct gone.file_id), count(*) into v_files, v_count from gone;
        if v_count < p_limit then
            delete from received_ranges r where r.upload_id = p_upload;
            delete from prefixes x where x.upload_id = p_upload;
            update uploads up set has_content = false, assembly = null, assembly_incarnation = null, hash_state = null where up.id = p_upload;
            select coalesce(v_files, '{}') || coalesce(array_agg(f.id), '{}') into v_files
            from stored_files f where f.upload_id = p_upload and f.tombstone_at is null;
        end if;
        perform tombstone_files(v_files);
    end if;
    more := v_count >= p_limit;
    -- Also what was tombstoned before, and a shared file that another upload had brought in.
    return query
        with free as (
            select f.kind, f.incarnation, f.id from stored_files f
            where (f.upload_id = p_upload or f.id = any (v_files)) and f.tombstone_at is not null and f.forget_at is null
            limit p_limit
        )
        select reclaim_content.more, free.kind, free.incarnation, free.id from (values (1)) one left join free on true;
end $$;

-- Forgets tombstones whose files are gone. Their rows stay for some minutes of service, those of prefixes for a week: that long, a
-- straggler that holds such a file open is refused when it records it.
create function forget_files(p_files uuid[]) returns void
language plpgsql set enable_seqscan = off set jit = off as $$
declare
    v_now bigint := service_seconds();
begin
    update stored_files set forget_at = v_now + case when was_prefix then 604800 else 600 end
    where id in (select f.id from stored_files f
                 where f.id = any (p_files) and f.tombstone_at is not null and f.forget_at is null order by f.id for update);
    delete from stored_files
    where id in (select f.id from stored_files f where f.forget_at <= v_now order by f.forget_at limit 2000 for update skip locked);
end $$;

-- Ends uploads that have gone without a byte for longer than allowed, and deletes finished files whose keeping time is over and parts that
-- nobody joined in time, all by the service clock (E29). One row per upload that ended, or one row without an id; picked counts the rows
-- looked at, so that the caller knows whether to go on.
create function purge_uploads(p_incarnation bigint, p_limit int, p_keep bigint) returns table (picked int, ended uuid)
language plpgsql set enable_seqscan = off set jit = off as $$
declare
    v_now   bigint := service_seconds();
    v_ids   uuid[];
    v_kept  uuid[];
    v_parts uuid[];
    v_ended uuid[];
begin
    picked := 0;
    -- 1.
    if own_incarnation(p_incarnation) is null then
        return;
    end if;
    -- 2. Rows that somebody else holds are at work: skipped.
    select array_agg(s.id) into v_ids
    from (select id from uploads where state in ('open', 'paused') and purge_at <= v_now order by purge_at limit p_limit for update skip locked) s;
    select array_agg(k.id) into v_kept
    from (select id from uploads where state = 'completed' and not is_part and purge_at <= v_now - p_keep order by purge_at
          limit p_limit - coalesce(cardinality(v_ids), 0) for update skip locked) k;
    picked := coalesce(cardinality(v_ids), 0) + coalesce(cardinality(v_kept), 0);
    -- Finished parts that nobody needs: whoever was joined from one has its extents, and who waits for one waits in vain.
    select array_agg(s.id) into v_parts
    from (select id from uploads where state = 'completed' and is_part and purge_at <= v_now order by purge_at
          limit p_limit - picked for update skip locked) s;
    picked := picked + coalesce(cardinality(v_parts), 0);
    -- 3. and 4. purge_at is a lower bound: who got a byte meanwhile only gets a new one.
    with over as (
        update uploads
        set state = case when state = 'completed' then 'deleted' else 'expired' end, state_at = now(),
            state_reason = case when state = 'completed' then 'its keeping time is over' else 'no byte came for longer than allowed' end
        where id = any (v_ids || v_kept || v_parts)
              -- One that ends at a fixed time is left alone while bytes come.
              and (state = 'completed'
                   or (active_at + idle_allowance <= v_now and (slides or last_byte_at is null or last_byte_at < now() - interval '1 minute')))
        returning id, tenant, subject, state, state_reason
    ), told as (
        insert into events (tenant, subject, upload_id, kind, data)
        select tenant, subject, id, state, jsonb_build_object('reason', state_reason) from over
    )
    select array_agg(over.id) into v_ended from over;
    update uploads set purge_at = case when active_at + idle_allowance <= v_now then v_now + 60 else active_at + idle_allowance end
    where id = any (v_ids) and state in ('open', 'paused');
    return query
        select purge_uploads.picked, e.id from (values (1)) one left join unnest(v_ended) e (id) on true;
end $$;

-- Removes what is over and older than an age; returns how many rows went.
create function trim_history(p_age interval, p_limit int) returns int
language plpgsql set enable_seqscan = off set jit = off as $$
declare
    v_before timestamptz := now() - p_age;
    v_total  int := 0;
    v_count  int;
    v_ids    uuid[];
begin
    select array_agg(s.id) into v_ids
    from (select id from uploads
          where state in ('cancelled', 'expired', 'failed', 'deleted') and not has_content and state_at < v_before
          order by state_at limit p_limit for update skip locked) s;
    delete from failed_attempts where upload_id = any (v_ids);
    get diagnostics v_count = row_count;
    v_total := v_total + v_count;
    delete from uploads where id = any (v_ids);
    get diagnostics v_count = row_count;
    v_total := v_total + v_count;
    delete from failed_attempts
    where (upload_id, id) in (select upload_id, id from failed_attempts where at < v_before order by at limit p_limit for update skip locked);
    get diagnostics v_count = row_count;
    v_total := v_total + v_count;
    delete from events where id in (select id from events where at < v_before order by at limit p_limit for update skip locked);
    get diagnostics v_count = row_count;
    return v_total + v_count;
end $$;
