-- Creates an upload from its parts (a JSON array with one object). It is completed where all parts are, and else waits for them.
create function concatenate_uploads(p_incarnation bigint, p_owner text, p_uploads json, p_max_size bigint, p_may_wait boolean)
returns table (outcome text, upload upload_now, excess quota_excess)
language plpgsql as $$
declare
    v_new      uploads := json_populate_record(null::uploads, p_uploads -> 0);
    v_found    int;
    v_parts    boolean;
    v_complete boolean;
    v_size     numeric;
    v_made     upload_made;
begin
    -- 1. The incarnation of this process, which must not be fenced.
    if lock_incarnation(p_incarnation) is null then
        outcome := 'fenced';
    end if;
    -- 2. All parts, by id: two joins of the same parts in another order must not wait for each other.
    perform from uploads u
    where u.id = any (v_new.parts) and u.tenant = v_new.tenant and (p_owner is null or u.subject = p_owner)
    order by u.id for update;
    -- 3. The checks. A repetition finds its own row.
    select count(distinct u.id), bool_and(u.is_part and u.protocol = v_new.protocol), bool_and(u.state = 'completed')
    into v_found, v_parts, v_complete
    from uploads u
    where u.id = any (v_new.parts) and u.tenant = v_new.tenant and (p_owner is null or u.subject = p_owner) and u.damaged_at is null
      and u.state in ('open', 'paused', 'completing', 'completed');
    select case when bool_and(u.size is not null) then sum(u.size) end into v_size
    from unnest(v_new.parts) l (part) left join uploads u on u.id = l.part;
    outcome := case
        when outcome is not null then outcome
        when exists (select from uploads where id = v_new.id) then 'ok'
        when v_found < (select count(distinct part) from unnest(v_new.parts) l (part)) then 'part_missing'
        when not v_parts then 'not_a_part'
        when not v_complete and not p_may_wait then 'part_unfinished'
        when v_size > p_max_size then 'too_large'
    end;
    -- 4. The changes.
    if outcome is null then
        begin
            select * into v_made
            from insert_uploads(
                p_incarnation, json_build_array((p_uploads -> 0)::jsonb || jsonb_build_object('size', v_size)), service_seconds());
            if (v_made.made).state = 'refused' then
                excess := v_made.excess;
                raise exception using errcode = 'U0001', message = (v_made.made).state_reason;
            end if;
            if v_complete then
                -- Reserve.
                excess := reserve_join(v_new);
                if not excess is null then
                    raise exception using errcode = 'U0001', message = 'quota';
                end if;
                perform join_extents(v_new.id, v_new.parts);
            end if;
            outcome := 'ok';
        exception when sqlstate 'U0001' then
            -- The insertion of the upload is undone.
            outcome := sqlerrm;
        end;
    end if;
    select n.* into upload from upload_now n where n.id = v_new.id;
    return next;
end $$;
