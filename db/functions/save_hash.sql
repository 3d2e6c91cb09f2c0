-- Saves how far the whole-file digest has come. Where it covers all bytes, completes the upload, or reopens it where the digest is wrong.
create function save_hash(p_incarnation bigint, p_upload uuid, p_bytes bigint, p_state bytea, p_sha256 bytea, p_revision bigint,
    p_mismatch text)
returns boolean
language plpgsql as $$
declare
    u uploads;
begin
    -- 1.
    if lock_incarnation(p_incarnation) is null then
        return false;
    end if;
    -- 2.
    select * into u from uploads where id = p_upload for update;
    -- 3.
    if u.id is null or is_ended(u.state) or u.damaged_at is not null
       or u.revision <> p_revision or p_bytes > u.received_bytes then
        return false;
    end if;
    -- 4. The saved state never goes back: a slower, late caller changes nothing.
    if p_bytes >= u.hash_bytes then
        update uploads set hash_bytes = p_bytes, hash_state = p_state, front_sha256 = p_sha256 where id = p_upload;
    end if;
    if p_bytes < u.size or u.size is null then
        return true;
    end if;
    if u.state = 'completing' and u.declared_sha256 = p_sha256 then
        perform finish_upload(p_upload, u.size, u.declared_sha256, p_sha256, null);
    elsif u.state = 'completing' then
        -- Nothing is published; another digest can be declared, a range reopened, or the session cancelled (E26).
        update uploads
        set state = 'open', state_at = now(), state_reason = p_mismatch,
            failure_count = failure_count + 1, consecutive_failures = consecutive_failures + 1
        where id = p_upload;
        -- A client that did not wait for the comparison finds the mismatch among the failures.
        insert into failed_attempts (upload_id, at, kind, start, bytes, kept, duration_ms)
        values (p_upload, now(), 'file-digest', 0, p_bytes, p_bytes, (extract(epoch from now() - u.state_at) * 1000)::bigint);
        perform add_events(
            array[u], 'reopened', jsonb_build_object('declared', encode(u.declared_sha256, 'hex'), 'computed', encode(p_sha256, 'hex')));
    elsif is_received(u.state) and u.sha256 is null then
        update uploads set sha256 = p_sha256 where id = p_upload;
        perform note_digest(p_upload, p_sha256);
    end if;
    return true;
end $$;
