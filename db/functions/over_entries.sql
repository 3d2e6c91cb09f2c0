-- The limit that keeps a space from getting p_more entries; null if it may. The limit of files also bounds what is made without an upload:
-- copies, folders and links. It counts the entries of all spaces of the tenant, and of a user's own space, including the trash. The live
-- entries below p_folder are added to p_more. Entries from another space (p_from) are new only to limits that do not cover that space. The
-- caller holds the row of the space.
create function over_entries(p_space uuid, p_more bigint, p_folder uuid default null, p_from uuid default null)
returns quota_excess language plpgsql as $$
declare
    s spaces;
    f spaces;
    q record;
begin
    if (p_more = 0 and p_folder is null) or not exists (select from limits l where l.files is not null) then
        return null;
    end if;
    select * into s from spaces where id = p_space;
    select * into f from spaces where id = p_from;
    for q in
        select o.scope, o.subject, o.files, x.used, o.files - x.used - p_more as room
        from quotas_of(s.tenant, case when s.kind = 'own' then s.owner end) o
        cross join lateral (
            select sum(c.entries) as used from spaces c
            where c.tenant = s.tenant and (o.subject = '' or (c.kind = 'own' and c.owner = o.subject))
        ) x
        where o.files is not null
              and (f.tenant is distinct from s.tenant or (o.subject <> '' and not (f.kind = 'own' and f.owner = o.subject)))
        order by o.subject <> ''
    loop
        if q.room < 0 or (p_folder is not null and entries_below(p_folder, q.room::bigint + 1) > q.room) then
            return row(q.scope, 'entries', q.files, q.used)::quota_excess;
        end if;
    end loop;
    return null;
end $$;
