-- Records the kept part of a broken chunk (E19). p_claimed_attempt and p_claimed_kept name the prefix that the attempt continued, p_store
-- the store of the file: that of this process (null, too), or the bucket.
create function record_prefix(
    p_incarnation bigint, p_upload uuid, p_start bigint, p_length bigint, p_sha256 bytea, p_kept bigint, p_kept_sha256 bytea,
    p_hash_state bytea,
    p_file uuid, p_kind smallint, p_file_incarnation bigint, p_attempt bigint, p_claimed_attempt bigint, p_claimed_kept bigint,
    p_store uuid default null)
returns boolean
language plpgsql as $$
declare
    u      uploads;
    x      prefixes;
    v_over uuid[];
begin
    -- 1.
    if lock_incarnation(p_incarnation) is null then
        return false;
    end if;
    -- 2.
    select * into u from uploads where id = p_upload for update;
    -- 3.
    select * into x from prefixes where upload_id = p_upload and start = p_start;
    if x.file_id = p_file and x.kept = p_kept and x.kept_sha256 = p_kept_sha256 then
        return true;   -- repeated
    end if;
    if u.id is null or not takes_bytes(u.state) or u.damaged_at is not null or u.protocol <> 'session'
       or p_start + p_kept > u.size or overlaps_received(p_upload, p_start, p_start + p_kept) then
        return false;
    end if;
    if p_claimed_attempt is not null then
        if x.attempt is distinct from p_claimed_attempt or x.kept is distinct from p_claimed_kept or p_kept < x.kept then
            return false;   -- another attempt holds the prefix
        end if;
    elsif x.kept >= p_kept and x.length is not distinct from p_length and x.sha256 is not distinct from p_sha256 then
        return false;   -- the recorded prefix keeps at least as much of the same chunk
    end if;
    if not lock_file(p_incarnation, p_upload, p_file, p_file_incarnation) then
        return false;
    end if;
    -- 4. Of two that overlap the newer one is kept, so that all of them together are no larger than the file.
    with gone as (
        delete from prefixes o
        where o.upload_id = p_upload and o.start <> p_start and o.start < p_start + p_kept and o.start + o.kept > p_start
        returning o.start, o.file_id
    ), lost as (
        update failed_attempts a set kept = 0 from gone where a.upload_id = p_upload and a.start = gone.start and a.kept > 0
    )
    select array_agg(gone.file_id) into v_over from gone;
    if v_over is not null then
        perform tombstone_files(v_over);
    end if;
    perform name_file(p_incarnation, p_upload, p_file, p_kind, p_store);
    insert into prefixes (upload_id, start, length, sha256, kept, kept_sha256, hash_state, file_id, attempt, incarnation)
    values (p_upload, p_start, p_length, p_sha256, p_kept, p_kept_sha256, p_hash_state, p_file, p_attempt, p_incarnation)
    on conflict (upload_id, start) do update
    set length = excluded.length, sha256 = excluded.sha256, kept = excluded.kept, kept_sha256 = excluded.kept_sha256,
        hash_state = excluded.hash_state, file_id = excluded.file_id, attempt = excluded.attempt,
        incarnation = excluded.incarnation, recorded_at = now();
    update stored_files set was_prefix = true where id = p_file and not was_prefix;
    if x.file_id <> p_file then
        perform tombstone_files(array[x.file_id]);
        -- If the chunk was sent from its beginning, what earlier attempts had kept of it came once more. Else the file has a copy.
        update failed_attempts set kept = 0
        where upload_id = p_upload and start = p_start and kept > 0 and p_claimed_attempt is null;
    end if;
    update uploads
    set first_byte_at = coalesce(first_byte_at, now()), last_byte_at = now(), active_at = service_seconds()
    where id = p_upload;
    return true;
end $$;
