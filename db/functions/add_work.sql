-- Adds an item in the transaction of its caller. An item that is there already stays as it is; one that is worked on now is worked on once
-- more afterwards.
create function add_work(
    p_kind text, p_reference uuid, p_keys text[] default '{}', p_due timestamptz default now(), p_priority smallint default 2,
    p_position bigint default 0)
returns void language sql as $$
    insert into work as w (kind, reference, state, keys, due_at, priority, position)
    values (p_kind, p_reference, case when p_due > now() then 'waiting' else 'ready' end, p_keys, p_due, p_priority, p_position)
    on conflict (kind, reference) do update set again = true where w.state = 'leased'
$$;
