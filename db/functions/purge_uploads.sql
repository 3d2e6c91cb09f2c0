-- Ends uploads that have been without a byte for longer than allowed, and deletes finished files whose keeping time is over and parts that
-- were not joined in time, all by the service clock (E29). Returns one row per upload that ended, or one row without an id; picked counts
-- the rows that were checked, so that the caller knows whether to go on.
create function purge_uploads(p_incarnation bigint, p_limit int, p_keep bigint, p_kept text, p_idle text)
returns table (picked int, ended uuid, has_content boolean)
language plpgsql as $$
declare
    v_now   bigint := service_seconds();
    v_ids   uuid[];
    v_kept  uuid[];
    v_parts uuid[];
    v_over  uploads[];
    v_done  uploads[];
begin
    picked := 0;
    -- 1.
    if lock_incarnation(p_incarnation) is null then
        return;
    end if;
    -- 2. Rows that are locked are being recorded: skip them.
    select array_agg(s.id) into v_ids
    from (select u.id from uploads u where takes_bytes(u.state) and u.purge_at <= v_now order by u.purge_at
          limit p_limit for update skip locked) s;
    select array_agg(k.id) into v_kept
    from (select u.id from uploads u where u.state = 'completed' and not u.is_part and u.target_space is null
          and u.purge_at <= v_now - p_keep
          order by u.purge_at
          limit p_limit - coalesce(cardinality(v_ids), 0) for update skip locked) k;
    picked := coalesce(cardinality(v_ids), 0) + coalesce(cardinality(v_kept), 0);
    -- Finished parts: an upload that was joined from one has its extents.
    select array_agg(s.id) into v_parts
    from (select u.id from uploads u where u.state = 'completed' and u.is_part and u.purge_at <= v_now order by u.purge_at
          limit p_limit - picked for update skip locked) s;
    picked := picked + coalesce(cardinality(v_parts), 0);
    -- 3. and 4. purge_at is a lower bound: an upload that got a byte meanwhile only gets a new one.
    v_over := array(
        select u
        from uploads u
        where u.id = any (v_ids || v_kept || v_parts)
              -- An upload with a fixed end still continues while bytes arrive.
              and (u.state = 'completed'
                   or (u.active_at + u.idle_allowance <= v_now
                       and (u.slides or u.last_byte_at is null or u.last_byte_at < now() - interval '1 minute')))
              -- A final upload waits for parts that still get bytes, and a part is kept for a final upload that still waits.
              and not (u.state = 'open' and u.parts <> '{}'
                       and exists (select from uploads p where p.id = any (u.parts) and p.state in ('open', 'paused', 'completed')
                                   and p.active_at + u.idle_allowance > v_now))
              -- The background worker joins or fails a final upload whose parts are all complete: see uploads_joining.
              and not (u.state = 'open' and u.parts <> '{}'
                       and (select count(*) from uploads p where p.id = any (u.parts) and p.state = 'completed' and p.damaged_at is null)
                           = (select count(distinct part) from unnest(u.parts) part))
              and not (u.is_part and exists (select from uploads f where f.state = 'open' and f.parts <> '{}' and f.parts @> array[u.id]))
    );
    v_done := array(select o from unnest(v_over) o where o.state = 'completed');
    if cardinality(v_done) > 0 then
        perform end_uploads(v_done, 'deleted', p_kept);
    end if;
    if cardinality(v_done) < cardinality(v_over) then
        perform end_uploads(
            array(select o from unnest(v_over) o where o.state <> 'completed'), 'expired', p_idle);
    end if;
    update uploads u
    set purge_at = case when u.active_at + u.idle_allowance <= v_now then v_now + 60 else u.active_at + u.idle_allowance end
    where (u.id = any (v_ids) and takes_bytes(u.state)) or (u.id = any (v_parts) and u.state = 'completed');
    return query
        select purge_uploads.picked, e.id, e.has_content
        from (values (1)) one
        left join uploads e on e.id = any (array(select o.id from unnest(v_over) o));
end $$;
