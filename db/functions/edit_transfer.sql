-- Changes how a transfer is done, while it runs too. False if it has ended.
create function edit_transfer(p_transfer uuid, p_label text, p_priority smallint, p_options jsonb, p_deadline timestamptz) returns boolean
language plpgsql as $$
declare
    t transfers;
begin
    select * into t from transfers where id = p_transfer for update;
    if t.id is null or t.ended_at is not null then
        return false;
    end if;
    update transfers set label = p_label, priority = p_priority, options = p_options, deadline = p_deadline where id = t.id;
    if p_priority <> t.priority then
        perform change_work('transfer', t.id, p_priority => p_priority);
        perform change_work('transfer_item', i.id, p_priority => p_priority) from transfer_items i
        where i.transfer = t.id and item_has_work(i.state);
    end if;
    if p_deadline is distinct from t.deadline then
        perform withdraw_work('transfer_deadline', array[t.id]);
        if p_deadline is not null then
            perform add_work('transfer_deadline', t.id, '{}', p_deadline);
        end if;
    end if;
    -- Whether it may run now is found out by its work.
    perform set_work_key('transfer:' || t.id, p_not_before => '-infinity');
    perform change_work('transfer', t.id, now()) where not (t.planning and t.planned_at is not null);
    return true;
end $$;
