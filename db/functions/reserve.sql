-- Counts what uploads take up where the limits have room for it. Returns those that they have no room for, each with the limit.
-- Limited usage is added at once, so usage is never below the true sum: changes that are not added yet only give back.
create function reserve(p_wants usage_want[]) returns table (upload uuid, excess quota_excess)
language plpgsql set enable_hashjoin = off set enable_mergejoin = off as $$
declare
    v_quotas quota[];
    w        usage_want;
begin
    if exists (select from limits l where l.stored_bytes is not null or l.files is not null or l.open_uploads is not null) then
        v_quotas := array(
            select distinct q
            from (select distinct n.tenant, coalesce(n.maker, n.subject) as subject from unnest(p_wants) n) n
            cross join lateral quotas_of(n.tenant, n.subject) q);
    end if;
    if coalesce(cardinality(v_quotas), 0) = 0 then
        perform count_usage(p_wants);
        return;
    end if;
    perform lock_usage();
    if over_quota(p_wants, v_quotas) is null then
        perform add_usage(p_wants);
        return;
    end if;
    perform fold_usage();
    foreach w in array p_wants loop
        excess := over_quota(
            array[w], array(select q from unnest(v_quotas) q where q.tenant = w.tenant and q.subject in ('', w.subject, w.maker)));
        if excess is null then
            perform add_usage(array[w]);
        else
            upload := w.upload;
            return next;
        end if;
    end loop;
end $$;
