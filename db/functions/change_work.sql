-- Changes when an item is due, its priority or its position; what is null stays. An item that is worked on now keeps its lease. Due now
-- wakes an item that waits.
create function change_work(
    p_kind text, p_reference uuid, p_due timestamptz default null, p_priority smallint default null, p_position bigint default null)
returns boolean language plpgsql as $$
begin
    update work
    set priority = coalesce(p_priority, priority), position = coalesce(p_position, position),
        due_at = case when state = 'leased' then due_at else coalesce(p_due, due_at) end,
        state = case when state = 'leased' or p_due is null then state when p_due > now() then 'waiting' else 'ready' end
    where kind = p_kind and reference = p_reference;
    return found;
end $$;
