-- Blanks rows that are older than an age, or all of a tenant. Their digests stay, so the chain can still be verified.
create function blank_audit(p_age interval, p_tenant text, p_limit int) returns int
language plpgsql set enable_seqscan = off set jit = off as $$
declare
    v_count int;
begin
    update audit
    set blanked = true, tenant = '', subject = '', credential = null, address = null, kind = '', object = null, data = '{}', hour = null
    where number in (
        select number from audit
        where not blanked and (p_tenant is null or tenant = p_tenant) and (p_age is null or at < now() - p_age)
        order by at limit p_limit);
    get diagnostics v_count = row_count;
    return v_count;
end $$;
