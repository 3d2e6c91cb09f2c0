-- Blanks rows that are older than an age, or all of a tenant. Their digests stay, so the chain can still be verified. An act names the rows
-- that were blanked: whoever hides a row by other means leaves none (verify_audit).
create function blank_audit(p_age interval, p_tenant text, p_limit int) returns int
language plpgsql as $$
declare
    v_numbers bigint[];
begin
    with gone as (
        update audit
        set blanked = true, tenant = '', subject = '', credential = null, address = null, kind = '', object = null, data = '{}', hour = null
        where number in (
            select number from audit
            where not blanked and (p_tenant is null or tenant = p_tenant) and (p_age is null or at < now() - p_age)
            order by at limit p_limit)
        returning number
    )
    select coalesce(array_agg(g.number), '{}') into v_numbers from gone g;
    insert into audit_arrivals (tenant, subject, kind, object, data)
    select '', 'service', 'audit.blanked', 'audit', jsonb_build_object('numbers', range_agg(int8range(n, n, '[]'))::text)
    from unnest(v_numbers) n
    having count(*) > 0;
    return cardinality(v_numbers);
end $$;
