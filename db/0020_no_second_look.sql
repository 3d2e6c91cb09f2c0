-- What a small upload pays for: whoever has written a row answers with what was written, and does not look for it again.

-- What the view upload_now has of an upload whose row is at hand.
create function upload_seen(u uploads, p_now bigint) returns upload_now language sql immutable as $$
    select row(u.id, u.tenant, u.subject, u.protocol, u.state, u.state_at, u.state_reason, u.file_name, u.content_type, u.metadata::text, u.size,
               u.declared_sha256, u.sha256, u.received_bytes, u.chunk_count, u.placed_bytes, u.hash_bytes, u.attempt_count, u.failure_count,
               u.consecutive_failures, u.created_at, u.first_byte_at, u.last_byte_at, u.completed_at, u.idle_allowance,
               greatest(0, p_now - u.active_at), u.epoch, u.incarnation, u.damaged_at, u.assembly, u.assembly_incarnation, u.facts::text, u.is_part,
               u.parts)::upload_now
$$;

-- As before.
create or replace function create_upload(
    p_incarnation bigint, p_upload uuid, p_tenant text, p_subject text, p_protocol text, p_file_name text, p_content_type text, p_metadata text,
    p_facts text, p_is_part boolean, p_slides boolean, p_size bigint, p_sha256 bytea, p_idle_allowance bigint, p_key text, p_key_hash bytea)
returns table (outcome text, upload upload_now)
language plpgsql set enable_seqscan = off set jit = off as $$
declare
    v_now bigint := service_seconds();
    v_id  uuid;
    v_new uploads;
begin
    if own_incarnation(p_incarnation) is null then
        outcome := 'fenced';
        return next;
        return;
    end if;
    loop
        -- Waits for another creation with the same key; then there is a row, or there is none.
        insert into uploads (id, tenant, subject, protocol, file_name, content_type, metadata, facts, is_part, slides, size, declared_sha256,
                             idle_allowance, active_at, purge_at, idempotency_key, idempotency_hash, incarnation)
        values (p_upload, p_tenant, p_subject, p_protocol, p_file_name, p_content_type, p_metadata::json, p_facts::json, p_is_part, p_slides, p_size, p_sha256,
                p_idle_allowance, v_now, v_now + p_idle_allowance, p_key, p_key_hash, p_incarnation)
        on conflict do nothing
        returning * into v_new;
        if found then
            perform add_event(p_tenant, p_subject, p_upload, 'created', jsonb_build_object('size', p_size));
            outcome := 'fresh';
            -- Nobody else sees it yet: what was written is what there is.
            upload := upload_seen(v_new, v_now);
            return next;
            return;
        end if;
        -- The own id is there already: this is the repetition of a creation whose reply was lost.
        select u.id, case
                         when u.id = p_upload then 'fresh'
                         when u.idempotency_hash is distinct from p_key_hash then 'mismatch'
                         else 'known'
                     end
        into v_id, outcome
        from uploads u
        where u.id = p_upload or (u.tenant = p_tenant and u.subject = p_subject and u.idempotency_key = p_key);
        -- None: the other one was rolled back, or removed just now.
        continue when v_id is null;
        select n.* into upload from upload_now n where n.id = v_id;
        return next;
        return;
    end loop;
end $$;

-- As before, and an upload that is complete keeps no state of its digest: nothing follows.
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

-- As before, in both ways.
create or replace function create_stream(
    p_incarnation bigint, p_upload uuid, p_tenant text, p_subject text, p_protocol text, p_file_name text, p_content_type text, p_metadata text,
    p_facts text, p_is_part boolean, p_slides boolean, p_size bigint, p_idle_allowance bigint, p_to bigint, p_segment uuid, p_kind smallint,
    p_hash_state bytea, p_sha256 bytea, p_final boolean)
returns table (outcome text, existing extents, upload upload_now)
language plpgsql set enable_seqscan = off set jit = off as $$
declare
    v_now bigint;
    u     uploads;
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
                             incarnation, state, received_bytes, placed_bytes, hash_bytes, front_sha256, sha256, first_byte_at, last_byte_at,
                             completed_at, purge_at)
        values (p_upload, p_tenant, p_subject, p_protocol, p_file_name, p_content_type, p_metadata::json, p_facts::json, p_is_part, p_slides, p_size,
                p_idle_allowance, v_now, p_incarnation, 'completed', p_to, p_to, p_to, p_sha256, p_sha256, now(), now(), now(),
                case when p_is_part then v_now + p_idle_allowance else v_now end)
        on conflict (id) do nothing
        returning * into u;
        if found then
            insert into stored_files (id, upload_id, kind, incarnation) values (p_segment, p_upload, p_kind, p_incarnation);
            insert into extents (upload_id, start, length, file_id, file_offset, placed, synced, incarnation, started_at)
            values (p_upload, 0, p_to, p_segment, 0, true, true, p_incarnation, now());
            insert into events (tenant, subject, upload_id, kind, data)
            values (p_tenant, p_subject, p_upload, 'created', jsonb_build_object('size', p_size)),
                   (p_tenant, p_subject, p_upload, 'completed', jsonb_build_object('size', p_size));
            outcome := 'recorded';
            upload := upload_seen(u, v_now);
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
