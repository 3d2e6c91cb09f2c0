-- Reads the next events and writes a delivery for each webhook that gets one. The cursor moves in the same transaction, so a kill neither
-- loses nor repeats an event. Returns how many events were read; 0 if another process is reading, or no webhook is active.
create function queue_webhooks(p_limit int) returns int
language plpgsql as $$
declare
    c      webhook_cursor;
    v_end  record;
    v_read int;
begin
    if not exists (select from webhooks w where webhook_runs(w)) then
        return 0;
    end if;
    select * into c from webhook_cursor where only_one for update skip locked;
    if c.only_one is null then
        return 0;
    end if;
    -- After a restore from a backup, the cursor's position in the events means nothing.
    if c.generation <> (select l.generation from ledger l) then
        update webhook_cursor n set generation = e.generation, xid = e.xid, id = e.id from events_end() e;
        return 0;
    end if;
    with page as materialized (
        select * from read_events(c.xid, c.id, p_limit)
    ), made as (
        insert into webhook_deliveries (webhook, kind, event)
        select w.id, k.kind, webhook_event(
                   concat_ws('-', c.generation, e.xid, e.id), e.at, k.kind, e.owner, e.subject, e.data, e.upload_id,
                   e.topic_kind, e.topic_id)
        from page e
        cross join lateral (
            select case when e.kind = 'job_ended' and e.data::json ->> 'outcome' = 'failed' then 'job_failed' else e.kind end as kind
        ) k
        -- The service's own webhooks, which have no tenant, get only what concerns operators: faults of the service, and damage in any
        -- tenant.
        join webhooks w on w.tenant in (e.tenant, '') and webhook_runs(w) and e.at >= w.created_at
             and (w.tenant <> ''
                  or k.kind in ('job_failed', 'store_degraded', 'store_healthy', 'certificate_ends', 'damaged', 'mended'))
        where (w.kinds = '{}' or k.kind = any (w.kinds))
              -- A part is no file.
              and case w.format
                  when 'tusd' then e.kind in ('created', 'completed', 'cancelled', 'deleted')
                  else not exists (select from uploads u where u.id = e.upload_id and u.is_part)
              end
        order by e.xid, e.id
        returning id, webhook
    )
    select p.xid, p.id, count(*) over () as read,
           (select count(add_work('delivery', m.id, array['webhook:' || m.webhook])) from made m) as queued
    into v_end from page p order by p.xid desc, p.id desc limit 1;
    v_read := coalesce(v_end.read, 0);
    if v_read > 0 then
        update webhook_cursor set xid = v_end.xid, id = v_end.id;
    end if;
    return v_read;
end $$;
