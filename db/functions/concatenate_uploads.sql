create function concatenate_uploads(
    p_incarnation bigint, p_upload uuid, p_tenant text, p_subject text, p_protocol text, p_file_name text, p_content_type text, p_metadata text,
    p_protocol_state text, p_slides boolean, p_idle_allowance bigint, p_parts uuid[], p_max_size bigint, p_may_wait boolean)
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
        insert into uploads (id, tenant, subject, protocol, file_name, content_type, metadata, protocol_state, slides, size, parts, idle_allowance, active_at, purge_at, incarnation)
        values (p_upload, p_tenant, p_subject, p_protocol, p_file_name, p_content_type, p_metadata::json, p_protocol_state::json, p_slides, v_size, p_parts,
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
