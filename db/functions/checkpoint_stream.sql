-- Records how far a stream has come (a JSON array with one object of stream_checkpoint), and completes it at its last checkpoint.
create function checkpoint_stream(p_incarnation bigint, p_checkpoints json) returns table (outcome text, upload upload_now)
language plpgsql set enable_seqscan = off set jit = off as $$
declare
    c            stream_checkpoint := json_populate_record(null::stream_checkpoint, p_checkpoints -> 0);
    u            uploads;
    existing     extents;
    v_durability text;
    v_now        bigint;
begin
    -- 1. The incarnation of this process, which must not be fenced.
    v_durability := lock_incarnation(p_incarnation);
    -- 2. The upload.
    select * into u from uploads where id = c.upload_id for update;
    -- 3. The checks. A segment that begins at the recorded offset has no extent yet. A repeated checkpoint finds its own offset, digest and
    -- segment, and a repeated last one finds the upload completed.
    if c.from_offset > c.segment_start or u.received_bytes is distinct from c.from_offset then
        select * into existing from extents p where p.upload_id = c.upload_id and p.start = c.segment_start;
    end if;
    outcome := case
        when v_durability is null then 'fenced'
        when u.id is null or u.state not in ('open', 'paused', 'completing', 'checking', 'completed') then 'refused'
        when u.epoch = c.epoch and u.received_bytes = c.to_offset and u.front_sha256 = c.sha256
             and (c.to_offset = c.segment_start or existing.file_id = c.segment)
             and (u.state in ('checking', 'completed') or not c.final) then 'recorded'
        when u.state not in ('open', 'paused') or u.damaged_at is not null or u.protocol = 'session' then 'refused'
        when u.epoch <> c.epoch or u.received_bytes <> c.from_offset then 'conflict'
        when c.to_offset > u.size then 'beyond_size'
        -- The engine has checked the size and the digest; nothing is published if it has not.
        when c.final and (c.to_offset <> u.size or c.sha256 <> u.declared_sha256) then 'refused'
        -- A file that an extent names cannot become a tombstone, so only a new extent locks the file's row.
        when c.from_offset > c.segment_start and existing.file_id is distinct from c.segment then 'conflict'
        when u.size is null then reserve_one(u, c.to_offset - c.from_offset)
    end;
    if outcome is null and c.from_offset = c.segment_start and c.to_offset > c.from_offset
       and not name_file(p_incarnation, c.upload_id, c.segment, 2::smallint, c.segment_incarnation) then
        outcome := 'conflict';
        perform reserve_one(u, c.from_offset - c.to_offset) where u.size is null;
    end if;
    if outcome is not null then
        select n.* into upload from upload_now n where n.id = c.upload_id;
        return next;
        return;
    end if;
    -- 4. The changes. The last flush of a segment is a real one in Relaxed too (E31).
    v_now := service_seconds();
    if c.from_offset = c.segment_start and c.to_offset > c.from_offset then
        insert into extents (upload_id, start, length, file_id, file_offset, placed, synced, incarnation, started_at)
        values (c.upload_id, c.segment_start, c.to_offset - c.segment_start, c.segment, 0, true, v_durability = 'committed' or c.final,
                p_incarnation, now());
    elsif c.to_offset > c.from_offset or c.final then
        update extents
        set length = c.to_offset - c.segment_start, synced = v_durability = 'committed' or c.final, incarnation = p_incarnation,
            received_at = now()
        where upload_id = c.upload_id and start = c.segment_start and file_id = c.segment;
    end if;
    update uploads
    set received_bytes = c.to_offset, placed_bytes = c.to_offset, hash_bytes = c.to_offset, front_sha256 = c.sha256,
        hash_state = case when c.final then null else c.hash_state end,
        consecutive_failures = 0, active_at = case when slides then v_now else active_at end,
        first_byte_at = case when c.to_offset > c.from_offset then coalesce(first_byte_at, now()) else first_byte_at end,
        last_byte_at = case when c.to_offset > c.from_offset then now() else last_byte_at end
    where id = c.upload_id
    returning * into u;
    if c.final then
        select * into u from complete_uploads(array[u.id], array[u.size], array[u.declared_sha256], array[c.sha256], v_now);
    end if;
    outcome := 'recorded';
    upload := upload_seen(u, v_now);
    return next;
end $$;
