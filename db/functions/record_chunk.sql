-- Records one verified chunk of a session (E17). p_store is the bucket's, where a chunk stays as it is; null: the file lies in the store of
-- this process, and is merged with others. In the bucket, a chunk that continued a prefix has a copy of it.
create function record_chunk(
    p_incarnation bigint, p_upload uuid, p_start bigint, p_length bigint, p_sha256 bytea,
    p_file uuid, p_kind smallint, p_file_incarnation bigint, p_started_at timestamptz, p_attempt bigint,
    p_store uuid default null)
returns table (outcome text, upload upload_now, excess quota_excess)
language plpgsql as $$
declare
    u            uploads;
    existing     extents;
    v_durability text;
    v_holder     bigint;
    v_prefix     uuid;
begin
    -- 1. The incarnation of this process, which must not be fenced.
    v_durability := lock_incarnation(p_incarnation);
    -- 2. The upload.
    select * into u from uploads where id = p_upload for update;
    -- 3. The checks. The same bytes in the same file were recorded before: a lost reply is settled by repeating (E10).
    select * into existing from extents p where p.upload_id = p_upload and p.start = p_start;
    -- Another attempt that holds the prefix may have written other bytes to its file (E20).
    select x.attempt into v_holder from prefixes x where x.upload_id = p_upload and x.start = p_start and x.file_id = p_file;
    outcome := case
        when v_durability is null then 'fenced'
        when u.id is null or is_ended(u.state) then 'refused'
        when existing.file_id = p_file and existing.length = p_length and existing.sha256 = p_sha256 then 'recorded'
        when existing.length = p_length and existing.sha256 = p_sha256 then 'duplicate'
        when overlaps_received(p_upload, p_start, p_start + p_length) then 'overlap'
        when not takes_bytes(u.state) or u.damaged_at is not null or u.protocol <> 'session' then 'refused'
        when p_start + p_length > u.size then 'beyond_size'
        when p_store is null and p_attempt is distinct from v_holder then 'conflict'
        when not lock_file(p_incarnation, p_upload, p_file, p_file_incarnation) then 'conflict'
    end;
    -- Reserve: the bytes of an upload of unknown size are counted as they come.
    if outcome is null and u.size is null then
        excess := reserve_one(u, p_length);
        outcome := case when excess is null then null else 'quota' end;
    end if;
    -- 4. The changes.
    if outcome is null then
        perform name_file(p_incarnation, p_upload, p_file, p_kind, p_store);
        insert into extents (upload_id, start, length, file_id, file_offset, placed, synced, incarnation, sha256, attempts, started_at)
        select p_upload, p_start, p_length, p_file, 0, p_store is not null, v_durability = 'committed' or p_store is not null,
               p_incarnation, p_sha256,
               1 + (select count(*) from failed_attempts a where a.upload_id = p_upload and a.start = p_start), p_started_at;
        perform add_range(p_upload, p_start, p_start + p_length);
        if p_store is not null then
            delete from prefixes x where x.upload_id = p_upload and x.start = p_start and x.attempt = p_attempt returning x.file_id
            into v_prefix;
            perform tombstone_files(array[v_prefix]);
        end if;
        perform drop_prefixes(p_upload, p_start, p_start + p_length);
        update uploads
        set received_bytes = received_bytes + p_length,
            placed_bytes = placed_bytes + case when p_store is null then 0 else p_length end,
            chunk_count = chunk_count + 1, attempt_count = attempt_count + 1, consecutive_failures = 0,
            first_byte_at = coalesce(first_byte_at, p_started_at), last_byte_at = now(), active_at = service_seconds()
        where id = p_upload;
        outcome := 'recorded';
    end if;
    select n.* into upload from upload_now n where n.id = p_upload;
    return next;
end $$;
