create function checkpoint_stream(
    p_incarnation bigint, p_upload uuid, p_epoch bigint, p_from bigint, p_to bigint, p_segment uuid, p_kind smallint, p_segment_incarnation bigint,
    p_segment_start bigint, p_hash_state bytea, p_sha256 bytea, p_final boolean)
returns table (outcome text, existing extents, upload upload_now)
language plpgsql set enable_seqscan = off set jit = off as $$
declare
    u            uploads;
    v_durability text;
    v_now        bigint;
    v_active     bigint;
begin
    -- 1.
    v_durability := own_incarnation(p_incarnation);
    -- 2.
    select * into u from uploads where id = p_upload for update;
    -- 3. A segment that begins at the recorded offset has no extent yet. A repeated checkpoint finds its own offset, digest and segment, and
    -- where it was the last one, the upload completed.
    if p_from > p_segment_start or u.received_bytes is distinct from p_from then
        select * into existing from extents p where p.upload_id = p_upload and p.start = p_segment_start;
    end if;
    outcome := case
        when v_durability is null then 'fenced'
        when u.id is null or u.state not in ('open', 'paused', 'completing', 'completed') then 'refused'
        when u.epoch = p_epoch and u.received_bytes = p_to and u.front_sha256 = p_sha256
             and (p_to = p_segment_start or existing.file_id = p_segment)
             and (u.state = 'completed' or not p_final) then 'recorded'
        when u.state not in ('open', 'paused') or u.damaged_at is not null or u.protocol = 'session' then 'refused'
        when u.epoch <> p_epoch or u.received_bytes <> p_from then 'conflict'
        when p_to > u.size then 'beyond_size'
        -- The last byte is not the last one, or the whole is not what was declared: the engine checks before; nothing is published.
        when p_final and (p_to <> u.size or p_sha256 <> u.declared_sha256) then 'refused'
        -- An extent that names the segment keeps it from being given up: only a new one needs the file's row.
        when p_from > p_segment_start and existing.file_id is distinct from p_segment then 'conflict'
        when p_from = p_segment_start and p_to > p_from and not name_file(p_incarnation, p_upload, p_segment, p_kind, p_segment_incarnation) then 'conflict'
    end;
    -- 4.
    if outcome is null then
        v_now := service_seconds();
        v_active := case when u.slides then v_now else u.active_at end;
        if p_from = p_segment_start and p_to > p_from then
            insert into extents (upload_id, start, length, file_id, file_offset, placed, synced, incarnation, started_at)
            values (p_upload, p_segment_start, p_to - p_segment_start, p_segment, 0, true, v_durability = 'committed' or p_final, p_incarnation, now());
        elsif p_to > p_from or p_final then
            -- The last flush of a segment is a real one in Relaxed too (E31).
            update extents
            set length = p_to - p_segment_start, synced = v_durability = 'committed' or p_final, incarnation = p_incarnation, received_at = now()
            where upload_id = p_upload and start = p_segment_start and file_id = p_segment;
        end if;
        -- One statement also where the upload becomes completed (finish_upload has what a session needs beyond that): each writes the row anew.
        update uploads
        set received_bytes = p_to, placed_bytes = p_to, hash_bytes = p_to, hash_state = case when p_final then null else p_hash_state end, front_sha256 = p_sha256,
            consecutive_failures = 0, active_at = v_active,
            first_byte_at = case when p_to > p_from then coalesce(first_byte_at, now()) else first_byte_at end,
            last_byte_at = case when p_to > p_from then now() else last_byte_at end,
            state = case when p_final then 'completed' else state end,
            state_at = case when p_final then now() else state_at end,
            state_reason = case when p_final then null else state_reason end,
            completed_at = case when p_final then now() else completed_at end,
            sha256 = case when p_final then p_sha256 else sha256 end,
            -- A part is kept for being joined, not as a file.
            purge_at = case when not p_final then purge_at when is_part then v_active + idle_allowance else v_now end
        where id = p_upload
        returning * into u;
        if p_final then
            perform add_event(u.tenant, u.subject, p_upload, 'completed', jsonb_build_object('size', p_to));
        end if;
        outcome := 'recorded';
        upload := upload_seen(u, v_now);
        return next;
        return;
    end if;
    select n.* into upload from upload_now n where n.id = p_upload;
    return next;
end $$;
