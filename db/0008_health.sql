-- Health of stored bytes: quarantine, and what a Relaxed incarnation wrote before the power failed (E31).

create function mark_damaged(p_incarnation bigint, p_upload uuid, p_reason text) returns void
language plpgsql set enable_seqscan = off set jit = off as $$
declare
    u uploads;
begin
    if own_incarnation(p_incarnation) is null then
        return;
    end if;
    select * into u from uploads where id = p_upload for update;
    if u.id is not null and u.damaged_at is null then
        update uploads set damaged_at = now(), damaged_reason = p_reason where id = p_upload;
        perform add_event(u.tenant, u.subject, p_upload, 'damaged', jsonb_build_object('reason', p_reason));
    end if;
end $$;

-- Extents that were flushed where they lay. One that has moved or grown since is not meant.
create function mark_flushed(p_incarnation bigint, p_upload uuid, p_starts bigint[], p_lengths bigint[], p_files uuid[]) returns void
language plpgsql set enable_seqscan = off set jit = off as $$
begin
    if own_incarnation(p_incarnation) is null then
        return;
    end if;
    perform from uploads where id = p_upload for update;
    update extents p set synced = true
    from unnest(p_starts, p_lengths, p_files) c (start, length, file_id)
    where p.upload_id = p_upload and p.start = c.start and p.length = c.length and p.file_id = c.file_id and not p.synced;
end $$;

-- Extents that were recorded unflushed by a fenced incarnation which ran before the machine's last start and did not stop in order. A stream's
-- extent has no digest of its own; where it is all of the stream, the stream's digest is its digest.
create function doubtful_extents(p_incarnation bigint, p_upload uuid, p_limit int)
returns table (start bigint, length bigint, file_offset bigint, sha256 bytea, file_id uuid) language sql stable as $$
    select p.start, p.length, p.file_offset,
           coalesce(p.sha256, case when u.protocol <> 'session' and p.start = 0 and p.length = u.hash_bytes then u.front_sha256 end), p.file_id
    from extents p join uploads u on u.id = p.upload_id join incarnations l on l.id = p.incarnation
    where p.upload_id = p_upload and not p.synced and l.fenced_at is not null and l.ended_at is null
      and l.boot_id <> (select o.boot_id from incarnations o where o.id = p_incarnation)
    order by p.start limit p_limit
$$;

-- Good extents are believed from now on. Bad ones are taken back where the client can send them again; of a stream everything from the
-- first bad one on. What was completed is damaged.
create function settle_doubt(p_incarnation bigint, p_upload uuid, p_good bigint[], p_good_files uuid[], p_bad bigint[], p_bad_files uuid[])
returns void
language plpgsql set enable_seqscan = off set jit = off as $$
declare
    u       uploads;
    v_bad   bigint[];
    v_start bigint;
    v_files uuid[];
    x       record;
begin
    -- 1.
    if own_incarnation(p_incarnation) is null then
        return;
    end if;
    -- 2.
    select * into u from uploads where id = p_upload for update;
    -- 3. Extents that were moved or taken back meanwhile are not meant.
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
    if v_bad is null or u.state not in ('open', 'paused', 'completing', 'completed') then
        return;
    end if;
    if u.state = 'completed' then
        perform mark_damaged(p_incarnation, p_upload, 'bytes were lost when the machine stopped');
    elsif u.protocol = 'session' then
        if u.state = 'completing' then
            update uploads set state = 'open', state_at = now(), state_reason = 'bytes were lost when the machine stopped' where id = p_upload;
            perform add_event(u.tenant, u.subject, p_upload, 'reopened', jsonb_build_object('reason', 'bytes were lost when the machine stopped'));
        end if;
        for x in select p.start, p.start + p.length as stop from extents p where p.upload_id = p_upload and p.start = any (v_bad) loop
            perform take_back(p_upload, x.start, x.stop);
        end loop;
    else
        v_start := v_bad[1];
        with gone as (delete from extents where upload_id = p_upload and start >= v_start returning file_id)
        select array_agg(distinct file_id) into v_files from gone;
        perform tombstone_files(v_files);
        update uploads
        set received_bytes = v_start, placed_bytes = v_start, hash_bytes = 0, hash_state = null, front_sha256 = null,
            epoch = epoch + 1, revision = revision + 1
        where id = p_upload;
    end if;
end $$;
