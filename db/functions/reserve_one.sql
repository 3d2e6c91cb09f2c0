-- Counts that an upload takes up more bytes. Returns the limit that has no room for them.
create function reserve_one(u uploads, p_bytes bigint) returns quota_excess language plpgsql as $$
declare
    v_excess quota_excess;
begin
    if p_bytes > 0 then
        select (r.excess).* into v_excess from reserve(array[row(u.id, u.tenant, u.subject, u.maker, p_bytes, 0, 0)::usage_want]) r;
    elsif p_bytes < 0 then
        perform count_usage(array[row(u.id, u.tenant, u.subject, u.maker, p_bytes, 0, 0)::usage_want]);
    end if;
    return v_excess;
end $$;
