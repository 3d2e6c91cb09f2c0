-- Adds a schedule of transfers or changes it, and queues its next run, or what waits for it. Returns 'set'; 'too_many' if its owner has as
-- many as may be; 'too_many_of_folder' if as many as may be wait for what arrives in its folder, as each slows the uploads there.
create function set_schedule(p_schedule transfer_schedules, p_most int, p_most_of_folder int) returns text
language plpgsql as $$
declare
    s transfer_schedules := p_schedule;
begin
    if s.folder is not null and s.enabled then
        perform pg_advisory_xact_lock(hashtextextended(s.folder::text, 48));
        if (select count(*) from transfer_schedules o where o.folder = s.folder and o.enabled and o.id <> s.id) >= p_most_of_folder then
            return 'too_many_of_folder';
        end if;
    end if;
    update transfer_schedules
    set scopes = s.scopes, api_key = s.api_key, title = s.title, draft = s.draft, cron = s.cron, once_at = s.once_at, zone = s.zone,
        enabled = s.enabled, next_at = s.next_at, folder = s.folder, own = s.own, others = s.others
    where id = s.id;
    if not found then
        if (select count(*) from transfer_schedules o where o.tenant = s.tenant and o.subject = s.subject) >= p_most then
            return 'too_many';
        end if;
        insert into transfer_schedules (
            id, tenant, subject, scopes, api_key, title, draft, cron, once_at, zone, enabled, next_at, folder, own, others)
        values (s.id, s.tenant, s.subject, s.scopes, s.api_key, s.title, s.draft, s.cron, s.once_at, s.zone, s.enabled, s.next_at,
                s.folder, s.own, s.others);
    end if;
    perform withdraw_work('transfer_schedule', array[s.id]);
    perform withdraw_work('transfer_arrival', array[s.id]);
    if s.enabled and s.next_at is not null then
        perform add_work('transfer_schedule', s.id, '{}', s.next_at);
    end if;
    if s.enabled and s.folder is not null and exists (select from arrivals a where a.schedule = s.id and a.state = 'waiting') then
        perform add_work('transfer_arrival', s.id);
    end if;
    return 'set';
end $$;
