-- Ends uploads that have gone without a byte for longer than allowed, and deletes finished files whose keeping time is over and parts that
-- nobody joined in time, all by the service clock (E29). One row per upload that ended, or one row without an id; picked counts the rows
-- looked at, so that the caller knows whether to go on.
create function purge_uploads(p_incarnation bigint, p_limit int, p_keep bigint) returns table (picked int, ended uuid, has_content boolean)
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
