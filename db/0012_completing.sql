-- Completing and keeping, mended: two who complete with different digests, a wrong digest that nobody waited for, prefixes that overlap.

create or replace function begin_complete(p_incarnation bigint, p_tenant text, p_subject text, p_upload uuid, p_size bigint, p_sha256 bytea)
returns table (outcome text, missing_from bigint[], missing_to bigint[], upload upload_now)
language plpgsql set enable_seqscan = off set jit = off as $$
declare
    u          uploads;
    v_size     bigint;
    v_declared bytea;
    v_known    bytea;
begin
    -- 1.
    if own_incarnation(p_incarnation) is null then
        outcome := 'fenced';
    end if;
    -- 2.
    select * into u from uploads where id = p_upload and tenant = p_tenant for update;
    -- 3. Whether it can be completed, in the order in which a client can mend it.
    v_size := coalesce(u.size, p_size);
    v_declared := coalesce(p_sha256, u.declared_sha256);
    v_known := case
        when u.state = 'completed' then coalesce(u.sha256, u.declared_sha256)
        when v_size = 0 then sha256('')
        when u.hash_bytes = v_size then u.front_sha256
    end;
    outcome := case
        when outcome is not null then outcome
        when u.id is null then 'not_found'
        when u.state not in ('open', 'paused', 'completing', 'completed') then 'state'
        when u.damaged_at is not null then 'damaged'
        -- One digest at a time: whoever waits for the comparison is told of the digest that he named (E26).
        when u.state = 'completing' and p_sha256 <> u.declared_sha256 then 'busy'
        when v_size is null then 'size_unknown'
        when v_size <> p_size then 'size_mismatch'
        when u.state = 'completed' and p_sha256 is not null and v_known is null then 'state'   -- published without a digest, which is not computed yet
        when u.state = 'completed' then case when p_sha256 <> v_known then 'digest_mismatch' else 'ok' end
        when last_byte(p_upload) > v_size then 'size_mismatch'
        when u.received_bytes < v_size then 'missing'
        when v_declared <> v_known then 'digest_mismatch'
    end;
    if outcome = 'missing' then
        select array_agg(m.lo order by m.lo), array_agg(m.hi order by m.lo) into missing_from, missing_to
        from missing_ranges(p_upload, u.protocol, u.received_bytes, 0, v_size, 100) m;
    end if;
    -- 4. Published at once when there is nothing to compare, or when it was compared just now (E24, E25).
    if outcome is null and (v_declared is null or v_known is not null) then
        perform finish_upload(p_upload, v_size, v_declared, v_known, p_subject);
    elsif outcome is null then
        update uploads
        set size = v_size, declared_sha256 = v_declared, state = 'completing', state_reason = null,
            state_at = case when state = 'completing' then state_at else now() end
        where id = p_upload;
        if u.state <> 'completing' then
            perform add_event(p_tenant, p_subject, p_upload, 'completing', jsonb_build_object('size', v_size));
        end if;
    end if;
    outcome := coalesce(outcome, 'ok');
    select n.* into upload from upload_now n where n.id = u.id;
    return next;
end $$;

create or replace function save_hash(p_incarnation bigint, p_upload uuid, p_bytes bigint, p_state bytea, p_sha256 bytea, p_revision bigint)
returns boolean
language plpgsql set enable_seqscan = off set jit = off as $$
declare
    u uploads;
begin
    -- 1.
    if own_incarnation(p_incarnation) is null then
        return false;
    end if;
    -- 2.
    select * into u from uploads where id = p_upload for update;
    -- 3.
    if u.id is null or u.state not in ('open', 'paused', 'completing', 'completed') or u.damaged_at is not null
       or u.revision <> p_revision or p_bytes > u.received_bytes then
        return false;
    end if;
    -- 4. Never back: a slower one that comes late changes nothing.
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
        set state = 'open', state_at = now(), state_reason = 'the whole-file SHA-256 is not the declared one',
            failure_count = failure_count + 1, consecutive_failures = consecutive_failures + 1
        where id = p_upload;
        -- Whoever did not wait for the comparison finds it among the failures.
        insert into failed_attempts (upload_id, at, kind, start, bytes, kept, duration_ms)
        values (p_upload, now(), 'file-digest', 0, p_bytes, p_bytes, (extract(epoch from now() - u.state_at) * 1000)::bigint);
        perform add_event(u.tenant, u.subject, p_upload, 'reopened',
                          jsonb_build_object('declared', encode(u.declared_sha256, 'hex'), 'computed', encode(p_sha256, 'hex')));
    elsif u.state = 'completed' and u.sha256 is null then
        update uploads set sha256 = p_sha256 where id = p_upload;
    end if;
    return true;
end $$;

create or replace function reopen_range(p_incarnation bigint, p_tenant text, p_upload uuid, p_start bigint, p_length bigint)
returns table (outcome text, upload upload_now)
language plpgsql set enable_seqscan = off set jit = off as $$
declare
    u     uploads;
    v_end bigint := p_start + p_length;
    v_cut boolean;
begin
    -- 1.
    if own_incarnation(p_incarnation) is null then
        outcome := 'fenced';
    end if;
    -- 2.
    select * into u from uploads where id = p_upload and tenant = p_tenant for update;
    -- 3. Extents do not overlap: only the last one before an edge can reach across it.
    v_cut := coalesce((select p.start + p.length > p_start from extents p where p.upload_id = p_upload and p.start < p_start order by p.start desc limit 1), false)
          or coalesce((select p.start + p.length > v_end from extents p where p.upload_id = p_upload and p.start < v_end order by p.start desc limit 1), false);
    outcome := case
        when outcome is not null then outcome
        when u.id is null then 'not_found'
        when u.state not in ('open', 'paused') then 'state'
        when u.damaged_at is not null then 'damaged'
        when u.protocol <> 'session' then 'wrong_protocol'
        when v_cut then 'overlap'
    end;
    -- 4.
    if outcome is null then
        outcome := case when take_back(p_upload, p_start, v_end) > 0 then 'ok' else 'no_such_range' end;
        -- Why the file was refused says nothing about the one that it is going to be.
        update uploads set state_reason = null where id = p_upload and outcome = 'ok' and state_reason is not null;
    end if;
    select n.* into upload from upload_now n where n.id = u.id;
    return next;
end $$;

create or replace function record_prefix(
    p_incarnation bigint, p_upload uuid, p_start bigint, p_length bigint, p_sha256 bytea, p_kept bigint, p_kept_sha256 bytea, p_hash_state bytea,
    p_file uuid, p_kind smallint, p_file_incarnation bigint, p_attempt bigint, p_claimed_attempt bigint, p_claimed_kept bigint)
returns boolean
language plpgsql set enable_seqscan = off set jit = off as $$
declare
    u      uploads;
    x      prefixes;
    v_over uuid[];
begin
    -- 1.
    if own_incarnation(p_incarnation) is null then
        return false;
    end if;
    -- 2.
    select * into u from uploads where id = p_upload for update;
    -- 3.
    select * into x from prefixes where upload_id = p_upload and start = p_start;
    if x.file_id = p_file and x.kept = p_kept and x.kept_sha256 = p_kept_sha256 then
        return true;                                                                        -- repeated
    end if;
    if u.id is null or u.state not in ('open', 'paused') or u.damaged_at is not null or u.protocol <> 'session'
       or p_start + p_kept > u.size or overlaps_received(p_upload, p_start, p_start + p_kept) then
        return false;
    end if;
    if p_claimed_attempt is not null then
        if x.attempt is distinct from p_claimed_attempt or x.kept is distinct from p_claimed_kept or p_kept < x.kept then
            return false;                                                                   -- somebody else has it
        end if;
    elsif x.kept >= p_kept and x.length is not distinct from p_length and x.sha256 is not distinct from p_sha256 then
        return false;                                                                       -- it keeps as much of the same chunk
    end if;
    if not name_file(p_incarnation, p_upload, p_file, p_kind, p_file_incarnation) then
        return false;
    end if;
    -- 4. Of two that overlap the newer one is kept, so that all of them together are no larger than the file.
    with gone as (
        delete from prefixes o
        where o.upload_id = p_upload and o.start <> p_start and o.start < p_start + p_kept and o.start + o.kept > p_start
        returning o.file_id
    )
    select array_agg(gone.file_id) into v_over from gone;
    if v_over is not null then
        perform tombstone_files(v_over);
    end if;
    insert into prefixes (upload_id, start, length, sha256, kept, kept_sha256, hash_state, file_id, attempt, incarnation)
    values (p_upload, p_start, p_length, p_sha256, p_kept, p_kept_sha256, p_hash_state, p_file, p_attempt, p_incarnation)
    on conflict (upload_id, start) do update
    set length = excluded.length, sha256 = excluded.sha256, kept = excluded.kept, kept_sha256 = excluded.kept_sha256,
        hash_state = excluded.hash_state, file_id = excluded.file_id, attempt = excluded.attempt, incarnation = excluded.incarnation, recorded_at = now();
    update stored_files set was_prefix = true where id = p_file and not was_prefix;
    if x.file_id <> p_file then
        perform tombstone_files(array[x.file_id]);
    end if;
    update uploads
    set first_byte_at = coalesce(first_byte_at, now()), last_byte_at = now(), active_at = service_seconds()
    where id = p_upload;
    return true;
end $$;
