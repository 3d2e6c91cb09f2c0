-- States: creating, pausing, ending, completing. Every change appends its event.

create function create_upload(
    p_incarnation bigint, p_upload uuid, p_tenant text, p_subject text, p_protocol text, p_file_name text, p_content_type text, p_metadata text,
    p_facts text, p_is_part boolean, p_slides boolean, p_size bigint, p_sha256 bytea, p_idle_allowance bigint, p_key text, p_key_hash bytea)
returns table (outcome text, upload upload_now)
language plpgsql set enable_seqscan = off set jit = off as $$
declare
    v_now bigint := service_seconds();
    v_id  uuid;
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
        returning id into v_id;
        if found then
            perform add_event(p_tenant, p_subject, v_id, 'created', jsonb_build_object('size', p_size));
            outcome := 'fresh';
        else
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
        end if;
        select n.* into upload from upload_now n where n.id = v_id;
        return next;
        return;
    end loop;
end $$;

-- open <-> paused. In the wished state already: a success that changes nothing. Resuming counts as a sign of incarnation: whoever resumes
-- in the last minute shall not be purged in the next one.
create function set_paused(p_incarnation bigint, p_tenant text, p_subject text, p_upload uuid, p_paused boolean)
returns table (outcome text, upload upload_now)
language plpgsql set enable_seqscan = off set jit = off as $$
declare
    u        uploads;
    v_wished text := case when p_paused then 'paused' else 'open' end;
begin
    -- 1.
    if own_incarnation(p_incarnation) is null then
        outcome := 'fenced';
    end if;
    -- 2.
    select * into u from uploads where id = p_upload and tenant = p_tenant for update;
    -- 3.
    outcome := case
        when outcome is not null then outcome
        when u.id is null then 'not_found'
        when u.state not in ('open', 'paused') then 'state'
        when u.damaged_at is not null then 'damaged'
        else 'ok'
    end;
    -- 4.
    if outcome = 'ok' and u.state <> v_wished then
        update uploads
        set state = v_wished, state_at = now(), state_reason = null,
            active_at = case when p_paused or not slides then active_at else service_seconds() end
        where id = p_upload;
        perform add_event(p_tenant, p_subject, p_upload, case when p_paused then 'paused' else 'resumed' end, '{}');
    end if;
    select n.* into upload from upload_now n where n.id = u.id;
    return next;
end $$;

-- Ends an unfinished upload as cancelled, failed or expired, or deletes a finished one. What means the one never hits the other: a
-- cancellation that comes after the last byte does not destroy a file. Ended before: as it is. The content waits for reclaim_content.
create function end_upload(p_incarnation bigint, p_tenant text, p_subject text, p_upload uuid, p_state text, p_reason text)
returns table (outcome text, upload upload_now)
language plpgsql set enable_seqscan = off set jit = off as $$
declare
    u uploads;
begin
    -- 1.
    if own_incarnation(p_incarnation) is null then
        outcome := 'fenced';
    end if;
    -- 2.
    select * into u from uploads where id = p_upload and tenant = p_tenant for update;
    -- 3.
    outcome := case
        when outcome is not null then outcome
        when u.id is null then 'not_found'
        when u.state = 'completed' and p_state <> 'deleted' then 'completed'
        when u.state in ('open', 'paused', 'completing') and p_state = 'deleted' then 'not_completed'
        else 'ok'
    end;
    -- 4.
    if outcome = 'ok' and u.state in ('open', 'paused', 'completing', 'completed') then
        update uploads set state = p_state, state_at = now(), state_reason = p_reason where id = p_upload;
        perform add_event(p_tenant, p_subject, p_upload, p_state, jsonb_build_object('from', u.state, 'reason', p_reason));
    end if;
    select n.* into upload from upload_now n where n.id = u.id;
    return next;
end $$;

-- Where the content ends: extents do not overlap, so the last one reaches farthest. Null when there is none.
create function last_byte(p_upload uuid) returns bigint language sql stable as $$
    select p.start + p.length from extents p where p.upload_id = p_upload order by p.start desc limit 1
$$;

-- Fixes a size or a digest that was not known at creation.
create function declare_upload(p_incarnation bigint, p_tenant text, p_upload uuid, p_size bigint, p_sha256 bytea)
returns table (outcome text, upload upload_now)
language plpgsql set enable_seqscan = off set jit = off as $$
declare
    u uploads;
begin
    -- 1.
    if own_incarnation(p_incarnation) is null then
        outcome := 'fenced';
    end if;
    -- 2.
    select * into u from uploads where id = p_upload and tenant = p_tenant for update;
    -- 3.
    outcome := case
        when outcome is not null then outcome
        when u.id is null then 'not_found'
        when u.state not in ('open', 'paused') then 'state'
        when u.damaged_at is not null then 'damaged'
        when u.size <> p_size then 'size_mismatch'
        when last_byte(p_upload) > p_size then 'size_mismatch'
        when u.declared_sha256 <> p_sha256 then 'digest_fixed'
        else 'ok'
    end;
    -- 4.
    if outcome = 'ok' then
        update uploads set size = coalesce(p_size, size), declared_sha256 = coalesce(p_sha256, declared_sha256)
        where id = p_upload and (p_size is distinct from size or p_sha256 is distinct from declared_sha256);
    end if;
    select n.* into upload from upload_now n where n.id = u.id;
    return next;
end $$;

create function begin_complete(p_incarnation bigint, p_tenant text, p_subject text, p_upload uuid, p_size bigint, p_sha256 bytea)
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

-- How far the whole-file digest has come; where it covers everything, what follows from it.
create function save_hash(p_incarnation bigint, p_upload uuid, p_bytes bigint, p_state bytea, p_sha256 bytea, p_revision bigint)
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
        update uploads set state = 'open', state_at = now(), state_reason = 'the whole-file SHA-256 is not the declared one' where id = p_upload;
        perform add_event(u.tenant, u.subject, p_upload, 'reopened',
                          jsonb_build_object('declared', encode(u.declared_sha256, 'hex'), 'computed', encode(p_sha256, 'hex')));
    elsif u.state = 'completed' and u.sha256 is null then
        update uploads set sha256 = p_sha256 where id = p_upload;
    end if;
    return true;
end $$;
