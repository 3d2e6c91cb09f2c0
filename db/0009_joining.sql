-- Joining parts into one upload (E27): the whole names the parts' files, and no byte is copied.

-- Gives an upload the extents of these parts, in order, and completes it. The caller holds the locks of all of them; every part is complete.
create function join_extents(p_upload uuid, p_parts uuid[]) returns void language plpgsql as $$
declare
    v_size bigint;
begin
    -- Nobody frees a file while its new extent is not committed.
    perform from stored_files f where f.id in (select p.file_id from extents p where p.upload_id = any (p_parts)) order by f.id for share;
    with listed as (
        select l.part, u.size, sum(u.size) over (order by l.place) - u.size as base
        from unnest(p_parts) with ordinality l (part, place) join uploads u on u.id = l.part
    )
    insert into extents (upload_id, start, length, file_id, file_offset, placed, synced, incarnation, sha256, attempts, started_at, received_at)
    select p_upload, l.base + p.start, p.length, p.file_id, p.file_offset, p.placed, p.synced, p.incarnation, p.sha256, p.attempts, p.started_at, p.received_at
    from listed l join extents p on p.upload_id = l.part;
    select coalesce(sum(u.size), 0) into v_size from unnest(p_parts) l (part) join uploads u on u.id = l.part;
    update uploads
    set size = v_size, received_bytes = v_size, placed_bytes = v_size, active_at = service_seconds(),
        first_byte_at = coalesce(first_byte_at, now()), last_byte_at = now()
    where id = p_upload;
    perform finish_upload(p_upload, v_size, null, case when v_size = 0 then sha256('') end, null);
end $$;

create function concatenate_uploads(
    p_incarnation bigint, p_upload uuid, p_tenant text, p_subject text, p_protocol text, p_file_name text, p_content_type text, p_metadata text,
    p_facts text, p_slides boolean, p_idle_allowance bigint, p_parts uuid[], p_max_size bigint, p_may_wait boolean)
returns table (outcome text, upload upload_now)
language plpgsql set enable_seqscan = off set jit = off as $$
declare
    v_now      bigint := service_seconds();
    v_found    int;
    v_parts    boolean;
    v_complete boolean;
    v_size     numeric;
begin
    -- 1.
    if own_incarnation(p_incarnation) is null then
        outcome := 'fenced';
    end if;
    -- 2. All parts, by id: two joins of the same parts in another order do not wait for each other for ever.
    perform from uploads where id = any (p_parts) and tenant = p_tenant order by id for update;
    -- 3. A repetition finds its own row.
    select count(distinct u.id), bool_and(u.is_part and u.protocol = p_protocol), bool_and(u.state = 'completed')
    into v_found, v_parts, v_complete
    from uploads u
    where u.id = any (p_parts) and u.tenant = p_tenant and u.damaged_at is null and u.state in ('open', 'paused', 'completing', 'completed');
    select case when bool_and(u.size is not null) then sum(u.size) end into v_size from unnest(p_parts) l (part) left join uploads u on u.id = l.part;
    outcome := case
        when outcome is not null then outcome
        when exists (select from uploads where id = p_upload) then 'ok'
        when v_found < (select count(distinct part) from unnest(p_parts) l (part)) then 'part_missing'
        when not v_parts then 'not_a_part'
        when not v_complete and not p_may_wait then 'part_unfinished'
        when v_size > p_max_size then 'too_large'
    end;
    -- 4.
    if outcome is null then
        insert into uploads (id, tenant, subject, protocol, file_name, content_type, metadata, facts, slides, size, parts, idle_allowance, active_at, purge_at, incarnation)
        values (p_upload, p_tenant, p_subject, p_protocol, p_file_name, p_content_type, p_metadata::json, p_facts::json, p_slides, v_size, p_parts,
                p_idle_allowance, v_now, v_now + p_idle_allowance, p_incarnation);
        perform add_event(p_tenant, p_subject, p_upload, 'created', jsonb_build_object('size', v_size, 'parts', cardinality(p_parts)));
        if v_complete then
            perform join_extents(p_upload, p_parts);
        end if;
        outcome := 'ok';
    end if;
    select n.* into upload from upload_now n where n.id = p_upload;
    return next;
end $$;

-- Completes an upload that waited for its parts, or fails it when one of them is gone.
create function join_upload(p_incarnation bigint, p_upload uuid) returns setof upload_now
language plpgsql set enable_seqscan = off set jit = off as $$
declare
    u       uploads;
    v_parts uuid[];
    v_gone  boolean;
    v_ready boolean;
begin
    -- 1. and 2.
    if own_incarnation(p_incarnation) is not null then
        select parts into v_parts from uploads where id = p_upload;
        perform from uploads where id = p_upload or id = any (v_parts) order by id for update;
        -- 3.
        select * into u from uploads where id = p_upload;
        select bool_or(p.id is null or p.damaged_at is not null or p.state not in ('open', 'paused', 'completing', 'completed')),
               bool_and(p.state = 'completed')
        into v_gone, v_ready from unnest(u.parts) l (part) left join uploads p on p.id = l.part;
        -- 4.
        if u.state = 'open' and cardinality(u.parts) > 0 and v_gone then
            update uploads set state = 'failed', state_at = now(), state_reason = 'A part that it waited for is gone.' where id = p_upload;
            perform add_event(u.tenant, u.subject, p_upload, 'failed', jsonb_build_object('from', 'open', 'reason', 'part gone'));
        elsif u.state = 'open' and cardinality(u.parts) > 0 and v_ready then
            perform join_extents(p_upload, u.parts);
        end if;
    end if;
    return query select n.* from upload_now n where n.id = p_upload;
end $$;
