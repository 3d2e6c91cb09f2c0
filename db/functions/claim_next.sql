-- Leases the next item of a lane for the worker that has ended one of it in this transaction, whose place it takes: no limit is exceeded.
-- Nothing where another lane of the kind has items that are due, or a key holds this one back: then claim_work decides.
create function claim_next(p_incarnation bigint, p_kind text, p_keys text[], p_lease interval) returns setof work
language plpgsql as $$
begin
    if exists (select from work w where w.kind = p_kind and w.state = 'ready' and w.keys < p_keys)
       or exists (select from work w where w.kind = p_kind and w.state = 'ready' and w.keys > p_keys)
       or work_room(p_keys) <= 0 then
        return;
    end if;
    return query
        with first as (
            select w.id from work w
            where w.kind = p_kind and w.keys = p_keys and w.state = 'ready'
            order by w.priority desc, w.position, w.due_at, w.id limit 1 for update skip locked
        )
        update work w set state = 'leased', epoch = w.epoch + 1, holder = p_incarnation, due_at = now() + p_lease
        from first f where w.id = f.id returning w.*;
end $$;
