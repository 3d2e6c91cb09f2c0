-- A final whose parts are all complete does not expire with them: where the request of the last part could not join it, the background does.

-- Those that wait for their parts, in the order in which work that is left is looked for.
create index uploads_joining on uploads (id) where state = 'open' and parts <> '{}';

create or replace function purge_uploads(p_incarnation bigint, p_limit int, p_keep bigint) returns table (picked int, ended uuid, has_content boolean)
language plpgsql set enable_seqscan = off set jit = off as $$
declare
    v_now   bigint := service_seconds();
    v_ids   uuid[];
    v_kept  uuid[];
    v_parts uuid[];
    v_ended uuid[];
    v_full  boolean[];
begin
    picked := 0;
    -- 1.
    if own_incarnation(p_incarnation) is null then
        return;
    end if;
    -- 2. Rows that somebody else holds are at work: skipped.
    select array_agg(s.id) into v_ids
    from (select u.id from uploads u where u.state in ('open', 'paused') and u.purge_at <= v_now order by u.purge_at limit p_limit for update skip locked) s;
    select array_agg(k.id) into v_kept
    from (select u.id from uploads u where u.state = 'completed' and not u.is_part and u.purge_at <= v_now - p_keep order by u.purge_at
          limit p_limit - coalesce(cardinality(v_ids), 0) for update skip locked) k;
    picked := coalesce(cardinality(v_ids), 0) + coalesce(cardinality(v_kept), 0);
    -- Finished parts that nobody needs: whoever was joined from one has its extents, and who waits for one waits in vain.
    select array_agg(s.id) into v_parts
    from (select u.id from uploads u where u.state = 'completed' and u.is_part and u.purge_at <= v_now order by u.purge_at
          limit p_limit - picked for update skip locked) s;
    picked := picked + coalesce(cardinality(v_parts), 0);
    -- 3. and 4. purge_at is a lower bound: who got a byte meanwhile only gets a new one.
    with over as (
        update uploads u
        set state = case when u.state = 'completed' then 'deleted' else 'expired' end, state_at = now(),
            state_reason = case when u.state = 'completed' then 'its keeping time is over' else 'no byte came for longer than allowed' end,
            has_content = exists (select from extents p where p.upload_id = u.id)
                          or exists (select from stored_files f where f.upload_id = u.id)
        where u.id = any (v_ids || v_kept || v_parts)
              -- One that ends at a fixed time is left alone while bytes come.
              and (u.state = 'completed'
                   or (u.active_at + u.idle_allowance <= v_now
                       and (u.slides or u.last_byte_at is null or u.last_byte_at < now() - interval '1 minute')))
              -- What is to be joined waits for all of it: a final for parts that still get bytes, a part for a final that still waits.
              and not (u.state = 'open' and u.parts <> '{}'
                       and exists (select from uploads p where p.id = any (u.parts) and p.state in ('open', 'paused', 'completed')
                                   and p.active_at + u.idle_allowance > v_now))
              -- One whose parts are all there is joined, or fails, as work that is left: see uploads_joining.
              and not (u.state = 'open' and u.parts <> '{}'
                       and (select count(*) from uploads p where p.id = any (u.parts) and p.state = 'completed' and p.damaged_at is null)
                           = (select count(distinct part) from unnest(u.parts) part))
              and not (u.is_part and exists (select from uploads f where f.state = 'open' and f.parts <> '{}' and f.parts @> array[u.id]))
        returning u.id, u.tenant, u.subject, u.state, u.state_reason, u.has_content as filled
    ), told as (
        insert into events (tenant, subject, upload_id, kind, data)
        select o.tenant, o.subject, o.id, o.state, jsonb_build_object('reason', o.state_reason) from over o
    )
    select array_agg(over.id), array_agg(over.filled) into v_ended, v_full from over;
    update uploads u set purge_at = case when u.active_at + u.idle_allowance <= v_now then v_now + 60 else u.active_at + u.idle_allowance end
    where (u.id = any (v_ids) and u.state in ('open', 'paused')) or (u.id = any (v_parts) and u.state = 'completed');
    return query
        select purge_uploads.picked, e.id, e.filled from (values (1)) one left join unnest(v_ended, v_full) e (id, filled) on true;
end $$;

-- Completes an upload that waited for its parts, or fails it when one of them is gone or they are too large together. A part in quarantine may come out of it.
create or replace function join_upload(p_incarnation bigint, p_upload uuid, p_max_size bigint) returns setof upload_now
language plpgsql set enable_seqscan = off set jit = off as $$
declare
    u        uploads;
    v_parts  uuid[];
    v_gone   boolean;
    v_ready  boolean;
    v_size   numeric;
    v_reason text;
begin
    -- 1. and 2.
    if own_incarnation(p_incarnation) is not null then
        select parts into v_parts from uploads where id = p_upload;
        perform from uploads where id = p_upload or id = any (v_parts) order by id for update;
        -- 3.
        select * into u from uploads where id = p_upload;
        select bool_or(p.id is null or p.state not in ('open', 'paused', 'completing', 'completed')),
               bool_and(p.state = 'completed' and p.damaged_at is null), sum(coalesce(p.size, p.received_bytes))
        into v_gone, v_ready, v_size from unnest(u.parts) l (part) left join uploads p on p.id = l.part;
        v_reason := case
            when v_gone then 'A part that it waited for is gone.'
            when v_size > p_max_size then 'Its parts are more together than an upload may have.'
        end;
        -- 4.
        if u.state = 'open' and cardinality(u.parts) > 0 and v_reason is not null then
            update uploads set state = 'failed', state_at = now(), state_reason = v_reason where id = p_upload;
            perform add_event(u.tenant, u.subject, p_upload, 'failed', jsonb_build_object('from', 'open', 'reason', case when v_gone then 'part gone' else 'too large' end));
        elsif u.state = 'open' and cardinality(u.parts) > 0 and v_ready then
            perform join_extents(p_upload, u.parts);
        end if;
    end if;
    return query select n.* from upload_now n where n.id = p_upload;
end $$;
