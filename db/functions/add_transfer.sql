-- Stores a transfer with what was chosen, and queues its work. False if its owner has as many as may be open.
create function add_transfer(p_transfer transfers, p_items jsonb, p_most int) returns boolean
language plpgsql as $$
begin
    if exists (select from transfers where id = p_transfer.id) then
        return true;
    end if;
    if (select count(*) from transfers t
        where t.tenant = p_transfer.tenant and t.subject = p_transfer.subject and t.ended_at is null) >= p_most then
        return false;
    end if;
    insert into transfers (
        id, tenant, subject, scopes, api_key, label, source, destination, target, target_name, options, priority, planning, deadline,
        schedule)
    values (p_transfer.id, p_transfer.tenant, p_transfer.subject, p_transfer.scopes, p_transfer.api_key, p_transfer.label,
            p_transfer.source, p_transfer.destination, p_transfer.target, p_transfer.target_name, p_transfer.options,
            p_transfer.priority, p_transfer.planning, p_transfer.deadline, p_transfer.schedule);
    perform insert_transfer_items(p_transfer.id, p_items);
    perform note_transfer(p_transfer.id, null, 'made');
    perform wait_for_sign_in(p_transfer.id);
    perform wait_for_pause(p_transfer.id);
    perform tell_transfer(p_transfer.id, p_transfer.subject);
    perform add_work('transfer', p_transfer.id, transfer_keys(t), now(), t.priority, t.number) from transfers t where t.id = p_transfer.id;
    if p_transfer.deadline is not null then
        perform add_work('transfer_deadline', p_transfer.id, '{}', p_transfer.deadline);
    end if;
    return true;
end $$;
