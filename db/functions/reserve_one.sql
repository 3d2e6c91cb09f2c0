-- Counts that an upload takes up more bytes. Returns the outcome where the limits have no room for them.
create function reserve_one(u uploads, p_bytes bigint) returns text language plpgsql as $$
declare
    v_outcome text;
begin
    if p_bytes > 0 then
        select r.outcome into v_outcome from reserve(array[row(u.id, u.tenant, u.subject, u.maker, p_bytes, 0, 0)::usage_want]) r;
    elsif p_bytes < 0 then
        perform count_usage(array[row(u.id, u.tenant, u.subject, u.maker, p_bytes, 0, 0)::usage_want]);
    end if;
    return v_outcome;
end $$;
