-- What a small upload pays for: fewer statements in each record.

-- As before, and a file that is new is written first and not looked for.
create or replace function name_file(p_incarnation bigint, p_upload uuid, p_file uuid, p_kind smallint, p_file_incarnation bigint) returns boolean language plpgsql as $$
declare
    f stored_files;
begin
    if p_file_incarnation = p_incarnation then
        insert into stored_files (id, upload_id, kind, incarnation) values (p_file, p_upload, p_kind, p_file_incarnation) on conflict (id) do nothing;
        if found then
            return true;
        end if;
    end if;
    select * into f from stored_files where id = p_file for update;
    return found and f.upload_id = p_upload and f.tombstone_at is null;
end $$;

create or replace function checkpoint_stream(
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
        set received_bytes = p_to, placed_bytes = p_to, hash_bytes = p_to, hash_state = p_hash_state, front_sha256 = p_sha256,
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
        where id = p_upload;
        if p_final then
            perform add_event(u.tenant, u.subject, p_upload, 'completed', jsonb_build_object('size', p_to));
        end if;
        outcome := 'recorded';
    end if;
    select n.* into upload from upload_now n where n.id = p_upload;
    return next;
end $$;

-- Creates a stream with the first record of its bytes. The usual one has all of them: its row and the row's place in every index are written
-- once. Any other goes the two ways that there are; so does a repetition.
create function create_stream(
    p_incarnation bigint, p_upload uuid, p_tenant text, p_subject text, p_protocol text, p_file_name text, p_content_type text, p_metadata text,
    p_facts text, p_is_part boolean, p_slides boolean, p_size bigint, p_idle_allowance bigint, p_to bigint, p_segment uuid, p_kind smallint,
    p_hash_state bytea, p_sha256 bytea, p_final boolean)
returns table (outcome text, existing extents, upload upload_now)
language plpgsql set enable_seqscan = off set jit = off as $$
declare
    v_now bigint;
begin
    -- 1. There is no row yet that could be locked, and nothing to check.
    if own_incarnation(p_incarnation) is null then
        outcome := 'fenced';
        return next;
        return;
    end if;
    -- 4.
    if p_final and p_to = p_size then
        v_now := service_seconds();
        insert into uploads (id, tenant, subject, protocol, file_name, content_type, metadata, facts, is_part, slides, size, idle_allowance, active_at,
                             incarnation, state, received_bytes, placed_bytes, hash_bytes, hash_state, front_sha256, sha256, first_byte_at, last_byte_at,
                             completed_at, purge_at)
        values (p_upload, p_tenant, p_subject, p_protocol, p_file_name, p_content_type, p_metadata::json, p_facts::json, p_is_part, p_slides, p_size,
                p_idle_allowance, v_now, p_incarnation, 'completed', p_to, p_to, p_to, p_hash_state, p_sha256, p_sha256, now(), now(), now(),
                case when p_is_part then v_now + p_idle_allowance else v_now end)
        on conflict (id) do nothing;
        if found then
            insert into stored_files (id, upload_id, kind, incarnation) values (p_segment, p_upload, p_kind, p_incarnation);
            insert into extents (upload_id, start, length, file_id, file_offset, placed, synced, incarnation, started_at)
            values (p_upload, 0, p_to, p_segment, 0, true, true, p_incarnation, now());
            perform add_event(p_tenant, p_subject, p_upload, 'created', jsonb_build_object('size', p_size));
            perform add_event(p_tenant, p_subject, p_upload, 'completed', jsonb_build_object('size', p_size));
            outcome := 'recorded';
            select n.* into upload from upload_now n where n.id = p_upload;
            return next;
            return;
        end if;
    else
        perform create_upload(p_incarnation, p_upload, p_tenant, p_subject, p_protocol, p_file_name, p_content_type, p_metadata, p_facts, p_is_part, p_slides,
                              p_size, null, p_idle_allowance, null, null);
    end if;
    return query
        select r.* from checkpoint_stream(p_incarnation, p_upload, 0, 0, p_to, p_segment, p_kind, p_incarnation, 0, p_hash_state, p_sha256, p_final) r;
end $$;

-- As before, and an offset that the IETF's draft lets nobody take back is not told any lower: such an upload has failed (E31).
create or replace function settle_doubt(p_incarnation bigint, p_upload uuid, p_good bigint[], p_good_files uuid[], p_bad bigint[], p_bad_files uuid[])
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
        perform mark_damaged(p_incarnation, p_upload, 'bytes were lost before they were flushed');
    elsif u.protocol = 'session' then
        if u.state = 'completing' then
            update uploads set state = 'open', state_at = now(), state_reason = 'bytes were lost before they were flushed' where id = p_upload;
            perform add_event(u.tenant, u.subject, p_upload, 'reopened', jsonb_build_object('reason', 'bytes were lost before they were flushed'));
        end if;
        for x in select p.start, p.start + p.length as stop from extents p where p.upload_id = p_upload and p.start = any (v_bad) loop
            perform take_back(p_upload, x.start, x.stop);
        end loop;
    elsif u.protocol = 'ietf' then
        update uploads set state = 'failed', state_at = now(), state_reason = 'bytes were lost before they were flushed' where id = p_upload;
        perform add_event(u.tenant, u.subject, p_upload, 'failed', jsonb_build_object('from', u.state, 'reason', 'bytes were lost before they were flushed'));
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
