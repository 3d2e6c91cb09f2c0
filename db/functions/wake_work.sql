-- Makes items due whose time has come: what waited, and what was leased by a worker that has shown no progress until its lease ended, which
-- is a failed attempt. A transaction of its own before claim_work: a worker that waits for the
-- row of a key must hold no item.
create function wake_work(p_incarnation bigint) returns void
language plpgsql set enable_hashjoin = off set enable_mergejoin = off as $$
begin
    if not exists (select from work w where w.state <> 'ready' and w.due_at <= now()) or lock_incarnation(p_incarnation) is null then
        return;
    end if;
    with due as (
        select w.id from work w where w.state <> 'ready' and w.due_at <= now() order by w.due_at limit 1000 for update skip locked
    )
    update work w set state = 'ready', attempts = w.attempts + (w.state = 'leased')::int, holder = null, again = false
    from due d where w.id = d.id;
end $$;
