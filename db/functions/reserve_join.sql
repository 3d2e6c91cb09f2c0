-- Lets an upload that is joined from its parts count their bytes: what was reserved for a part passes to the upload, and what the upload
-- has beyond that is reserved. Returns the limit that has no room for it. The caller holds the rows of all parts.
create function reserve_join(w uploads) returns quota_excess
language plpgsql set enable_hashjoin = off set enable_mergejoin = off as $$
declare
    v_size   bigint;
    v_passes uploads[] := array(
        select u from uploads u where u.id = any (w.parts) and u.state = 'completed' and u.counted_in is null order by u.id);
    v_own    bigint;
    v_others usage_want[];
    v_excess quota_excess;
begin
    select coalesce(sum(u.size), 0) into v_size from unnest(w.parts) l (part) join uploads u on u.id = l.part;
    select coalesce(sum(counted_bytes(u)), 0) into v_own from unnest(v_passes) u where u.subject = w.subject;
    v_others := usage_wants(array(select u from unnest(v_passes) u where u.subject <> w.subject), -1);
    if cardinality(v_others) > 0 then
        -- Give back the parts' bytes before the limits are checked: otherwise the tenant's limit would count them twice.
        perform lock_usage();
        perform add_usage(v_others);
    end if;
    select (r.excess).* into v_excess from reserve(array[row(w.id, w.tenant, w.subject, w.maker, v_size - v_own, 0, 0)::usage_want]) r;
    if v_excess is null then
        update uploads set counted_in = w.id where id = any (array(select u.id from unnest(v_passes) u));
    else
        perform add_usage(usage_wants(array(select u from unnest(v_passes) u where u.subject <> w.subject), 1));
    end if;
    return v_excess;
end $$;
