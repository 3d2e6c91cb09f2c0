-- Why a space may not get so many more entries, as an outcome; null where it may. The limit of files bounds what is made without an upload,
-- too: copies, folders and links. It holds for all spaces of the tenant, and for the own space of a user, with what is in the trash. The
-- caller holds the row of the space.
create function over_entries(p_space uuid, p_more bigint) returns text language plpgsql as $$
declare
    s         spaces;
    v_outcome text;
begin
    if p_more = 0 or not exists (select from limits l where l.files is not null) then
        return null;
    end if;
    select * into s from spaces where id = p_space;
    select format('quota %s entries %s %s', q.scope, q.files, x.used) into v_outcome
    from quotas_of(s.tenant, case when s.kind = 'own' then s.owner end) q
    cross join lateral (
        select sum(o.entries) as used from spaces o
        where o.tenant = s.tenant and (q.subject = '' or (o.kind = 'own' and o.owner = q.subject))
    ) x
    where x.used + p_more > q.files
    order by q.subject <> '' limit 1;
    return v_outcome;
end $$;
