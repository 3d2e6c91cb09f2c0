-- Stores a transfer with what was chosen, and queues its work.
-- p_allow_equal: whether it is stored although an equal one of the same owner is open.
-- 'added', also if it was stored before. 'replayed': the request was made before and has made v_transfer. 'other_request': the key of the
-- request was used for another request. 'equal': v_transfer does the same and is open. 'too_many': its owner has as many as may be open.
create function add_transfer(
    p_transfer transfers, p_items jsonb, p_most int, p_allow_equal boolean default true, out v_result text, out v_transfer uuid)
language plpgsql as $$
declare
    t transfers;
begin
    v_result := 'added';
    v_transfer := p_transfer.id;
    -- Equal requests that arrive at the same time are answered one after the other.
    perform pg_advisory_xact_lock(hashtextextended(p_transfer.tenant || E'\n' || p_transfer.subject, 470));
    if exists (select from transfers where id = p_transfer.id) then
        return;
    end if;
    select * into t from transfers o
    where o.tenant = p_transfer.tenant and o.subject = p_transfer.subject and o.request_key = p_transfer.request_key;
    if found then
        v_result := case when t.request_hash = p_transfer.request_hash then 'replayed' else 'other_request' end;
        v_transfer := t.id;
        return;
    end if;
    select * into t from transfers o
    where not p_allow_equal and o.tenant = p_transfer.tenant and o.subject = p_transfer.subject and o.ended_at is null
          and o.sameness = p_transfer.sameness and not o.cancelling
    order by o.number desc limit 1;
    if found then
        v_result := 'equal';
        v_transfer := t.id;
        return;
    end if;
    if (select count(*) from transfers o
        where o.tenant = p_transfer.tenant and o.subject = p_transfer.subject and o.ended_at is null) >= p_most then
        v_result := 'too_many';
        return;
    end if;
    insert into transfers (
        id, tenant, subject, scopes, api_key, label, source, destination, target, target_name, options, priority, planning, deadline,
        schedule, sync, request_key, request_hash, sameness)
    values (p_transfer.id, p_transfer.tenant, p_transfer.subject, p_transfer.scopes, p_transfer.api_key, p_transfer.label,
            p_transfer.source, p_transfer.destination, p_transfer.target, p_transfer.target_name, p_transfer.options,
            p_transfer.priority, p_transfer.planning, p_transfer.deadline, p_transfer.schedule, p_transfer.sync, p_transfer.request_key,
            p_transfer.request_hash, p_transfer.sameness);
    perform insert_transfer_items(p_transfer.id, p_items);
    perform note_transfer(p_transfer.id, null, 'made');
    perform wait_for_sign_in(p_transfer.id);
    perform wait_for_pause(p_transfer.id);
    perform tell_transfer(p_transfer.id, p_transfer.subject);
    perform add_work('transfer', p_transfer.id, transfer_keys(o), now(), o.priority, o.number) from transfers o where o.id = p_transfer.id;
    if p_transfer.deadline is not null then
        perform add_work('transfer_deadline', p_transfer.id, '{}', p_transfer.deadline);
    end if;
end $$;
