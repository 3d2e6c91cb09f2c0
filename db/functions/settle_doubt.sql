-- Settles which unflushed extents survived a power failure (E31). Good ones count as flushed from now on. Bad ones are taken back where the
-- client can send them again; of a stream, everything from the first bad one on. A completed upload is damaged.
create function settle_doubt(
    p_incarnation bigint, p_upload uuid, p_good bigint[], p_good_files uuid[], p_bad bigint[], p_bad_files uuid[], p_reason text)
returns void
language plpgsql as $$
declare
    u        uploads;
    v_bad    bigint[];
    v_start  bigint;
    v_files  uuid[];
    x        record;
begin
    -- 1.
    if lock_incarnation(p_incarnation) is null then
        return;
    end if;
    -- 2.
    select * into u from uploads where id = p_upload for update;
    -- 3. Extents that were moved or taken back meanwhile are skipped.
    select array_agg(p.start order by p.start) into v_bad
    from extents p join unnest(p_bad, p_bad_files) b (start, file_id) on b.start = p.start and b.file_id = p.file_id
    where p.upload_id = p_upload and not p.synced;
    if u.id is null then
        return;
    end if;
    -- 4.
    update extents p set synced = true
    from unnest(p_good, p_good_files) g (start, file_id)
    where p.upload_id = p_upload and p.start = g.start and p.file_id = g.file_id;
    if v_bad is null or is_ended(u.state) then
        return;
    end if;
    if is_received(u.state) then
        perform mark_damaged(p_incarnation, p_upload, p_reason);
    elsif u.protocol = 'session' then
        if u.state = 'completing' then
            update uploads set state = 'open', state_at = now(), state_reason = p_reason where id = p_upload;
            perform add_events(array[u], 'reopened', jsonb_build_object('reason', p_reason));
        end if;
        for x in select p.start, p.start + p.length as stop from extents p where p.upload_id = p_upload and p.start = any (v_bad) loop
            perform take_back(p_upload, x.start, x.stop);
        end loop;
    elsif u.protocol = 'ietf' then
        -- An IETF offset that a client was told must not decrease.
        perform end_uploads(array[u], 'failed', p_reason);
    else
        v_start := v_bad[1];
        if u.size is null then
            perform reserve_one(u, v_start - u.received_bytes);
        end if;
        with gone as (delete from extents where upload_id = p_upload and start >= v_start returning file_id)
        select array_agg(distinct file_id) into v_files from gone;
        perform tombstone_files(v_files);
        update uploads
        set received_bytes = v_start, placed_bytes = v_start, hash_bytes = 0, hash_state = null, front_sha256 = null,
            epoch = epoch + 1, revision = revision + 1
        where id = p_upload;
    end if;
end $$;
