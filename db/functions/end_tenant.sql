-- Marks everything in the spaces of a tenant that is being removed; the purge of the trash frees it. Also ends a batch of the tenant's
-- uploads that are in no space. Returns one row per upload that ended, or one row without an id; no row from a fenced incarnation.
create function end_tenant(p_incarnation bigint, p_tenant text, p_limit int, p_reason text)
returns table (ended uuid, has_content boolean)
language plpgsql as $$
declare
    v_space uuid;
    v_ids   uuid[];
    v_over  uploads[];
begin
    -- 1.
    if lock_incarnation(p_incarnation) is null or not exists (select from tenants where name = p_tenant and removed_at is not null) then
        return;
    end if;
    -- 2. Skip locked rows, which are being recorded: the next batch has them. Uploads are locked before any space.
    v_ids := array(
        select s.id from (
            select u.id from uploads u
            where u.tenant = p_tenant and is_present(u.state)
                  and (u.state <> 'completed' or u.target_space is null)
            order by u.id limit p_limit for update skip locked) s);
    -- 3.
    for v_space in select s.id from spaces s where s.tenant = p_tenant order by s.id loop
        perform lock_space(v_space);
        update entries e set purging = true, removed_at = coalesce(e.removed_at, now()), removed_clock = 0
        where e.id = v_space and not e.purging;
        perform empty_trash(p_incarnation, v_space, null, null, p_limit);
    end loop;
    -- 4.
    v_over := array(select u from uploads u where u.id = any (v_ids));
    if exists (select from unnest(v_over) o where o.state = 'completed') then
        perform end_uploads(array(select o from unnest(v_over) o where o.state = 'completed'), 'deleted', p_reason);
    end if;
    if exists (select from unnest(v_over) o where o.state <> 'completed') then
        perform end_uploads(array(select o from unnest(v_over) o where o.state <> 'completed'), 'cancelled', p_reason);
    end if;
    return query
        select u.id, u.has_content from (values (1)) one left join uploads u on u.id = any (v_ids);
end $$;
