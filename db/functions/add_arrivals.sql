-- Notes files that have just been published below folders whose schedules move on what arrives, in the transaction of the publication: none
-- is lost to a kill, and none is noted twice. Who publishes must be named by the schedule, and so must be whose upload it is. What a
-- transfer brings in is noted, too, unless that would never end: what a schedule of this kind has moved, and what comes from the storage
-- that it would go to. The owner of the schedule must still reach the space.
-- The metadata of file managers does not arrive.
create function add_arrivals(p_entries uuid[], p_uploads uuid[], p_subjects text[]) returns void
language plpgsql set enable_hashjoin = off set enable_mergejoin = off as $$
declare
    v_schedule uuid;
begin
    for v_schedule in
        with recursive up (entry, upload, subject, folder, path) as (
            select n.entry, n.upload, n.subject, e.parent, e.name
            from unnest(p_entries, p_uploads, p_subjects) n (entry, upload, subject) join entries e on e.id = n.entry
            where not is_metadata_name(e.name)
            union all
            select u.entry, u.upload, u.subject, e.parent, e.name || '/' || u.path
            from up u join entries e on e.id = u.folder where e.parent is not null
        ), made as (
            insert into arrivals (schedule, entry, upload, subject, path)
            select s.id, p.entry, p.upload, p.subject, p.path
            from up p
            join transfer_schedules s on s.folder = p.folder and s.folder is not null and s.enabled
            join uploads u on u.id = p.upload and u.tenant = s.tenant
            join entries n on n.id = p.entry
            where (p.subject = any (s.others) or s.own and p.subject = s.subject)
                  and (u.subject = any (s.others) or s.own and u.subject = s.subject)
                  and (u.protocol <> 'transfer' or exists (
                      select from transfer_items i join transfers t on t.id = i.transfer
                      where i.id = split_part(u.idempotency_key, ':', 2)::uuid
                            and (t.source is null or t.source::text is distinct from s.draft #>> '{draft,destination}')
                            and not exists (select from transfer_schedules o where o.id = t.schedule and o.folder is not null)))
                  and may_read_space(n.space, s.tenant, s.subject, s.api_key, s.scopes)
            order by s.id, p.path
            returning schedule
        )
        select distinct schedule from made order by schedule
    loop
        perform add_work('transfer_arrival', v_schedule);
    end loop;
end $$;
