-- Streams (tus, IETF, one-shot PUT): consecutive bytes in segments.

-- The right to append: a new epoch fences whoever had it (E14). An upload that takes no bytes comes back as it is.
create function claim_stream(p_incarnation bigint, p_tenant text, p_upload uuid) returns setof upload_now
language plpgsql set enable_seqscan = off set jit = off as $$
begin
    -- 1. and 2.
    if own_incarnation(p_incarnation) is not null then
        perform from uploads where id = p_upload and tenant = p_tenant for update;
        -- 3. and 4.
        update uploads set epoch = epoch + 1
        where id = p_upload and tenant = p_tenant and protocol <> 'session' and state in ('open', 'paused') and damaged_at is null;
    end if;
    return query select n.* from upload_now n where n.id = p_upload and n.tenant = p_tenant;
end $$;

-- Everything that is due when an upload becomes completed, by whichever way; the caller holds its row's lock.
create function finish_upload(p_upload uuid, p_size bigint, p_declared bytea, p_sha256 bytea, p_subject text) returns void language plpgsql as $$
declare
    u uploads;
begin
    update uploads
    set state = 'completed', state_at = now(), state_reason = null, completed_at = now(),
        -- A part is kept for being joined, not as a file.
        purge_at = case when is_part then active_at + idle_allowance else service_seconds() end,
        size = p_size, declared_sha256 = p_declared, sha256 = p_sha256
    where id = p_upload
    returning * into u;
    perform drop_prefixes(p_upload, 0, 9223372036854775807);
    -- One chunk that is the whole file already is one file: nothing to merge.
    if u.protocol = 'session' and u.chunk_count = 1 and u.placed_bytes = 0 then
        update extents set placed = true where upload_id = p_upload;
        update uploads set placed_bytes = size, assembly = null, assembly_incarnation = null where id = p_upload;
        if u.assembly is not null then
            perform tombstone_files(array[u.assembly]);
        end if;
    end if;
    perform add_event(u.tenant, coalesce(p_subject, u.subject), u.id, 'completed', jsonb_build_object('size', p_size));
end $$;

create function checkpoint_stream(
    p_incarnation bigint, p_upload uuid, p_epoch bigint, p_from bigint, p_to bigint, p_segment uuid, p_kind smallint, p_segment_incarnation bigint,
    p_segment_start bigint, p_hash_state bytea, p_sha256 bytea, p_final boolean)
returns table (outcome text, existing extents, upload upload_now)
language plpgsql set enable_seqscan = off set jit = off as $$
declare
    u            uploads;
    v_durability text;
begin
    -- 1.
    v_durability := own_incarnation(p_incarnation);
    -- 2.
    select * into u from uploads where id = p_upload for update;
    -- 3. A repeated checkpoint finds its own offset, digest and segment, and where it was the last one, the upload completed.
    select * into existing from extents p where p.upload_id = p_upload and p.start = p_segment_start;
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
        when p_from > p_segment_start and existing.file_id is distinct from p_segment then 'conflict'
        when p_to > p_from and not name_file(p_incarnation, p_upload, p_segment, p_kind, p_segment_incarnation) then 'conflict'
    end;
    -- 4.
    if outcome is null then
        if p_to > p_from then
            insert into extents (upload_id, start, length, file_id, file_offset, placed, synced, incarnation, started_at)
            values (p_upload, p_segment_start, p_to - p_segment_start, p_segment, 0, true, v_durability = 'committed' or p_final, p_incarnation, now())
            on conflict (upload_id, start) do update
            set length = excluded.length, synced = excluded.synced, incarnation = excluded.incarnation, received_at = now();
        end if;
        update uploads
        set received_bytes = p_to, placed_bytes = p_to, hash_bytes = p_to, hash_state = p_hash_state, front_sha256 = p_sha256,
            consecutive_failures = 0, active_at = case when slides then service_seconds() else active_at end,
            first_byte_at = case when p_to > p_from then coalesce(first_byte_at, now()) else first_byte_at end,
            last_byte_at = case when p_to > p_from then now() else last_byte_at end
        where id = p_upload;
        if p_final then
            -- The last flush of a segment is a real one in Relaxed too (E31).
            update extents set synced = true where upload_id = p_upload and start = p_segment_start and file_id = p_segment and not synced;
            perform finish_upload(p_upload, p_to, u.declared_sha256, p_sha256, null);
        end if;
        outcome := 'recorded';
    end if;
    select n.* into upload from upload_now n where n.id = p_upload;
    return next;
end $$;
