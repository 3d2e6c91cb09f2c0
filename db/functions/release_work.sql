-- Takes back what fenced incarnations had leased: their processes have ended, which is no failed attempt. With p_running also what this one
-- holds and does not work on: the answer to a claim, or to an outcome, was lost. One that is locked just now is due when its lease ends.
-- Returns how many items.
create function release_work(p_incarnation bigint, p_running bigint[] default null) returns bigint
language plpgsql as $$
declare
    v_items bigint;
begin
    if lock_incarnation(p_incarnation) is null then
        return 0;
    end if;
    with taken as (
        select w.id from work w
        where w.state = 'leased'
              and (exists (select from incarnations i where i.id = w.holder and i.fenced_at is not null)
                   or (w.holder = p_incarnation and w.id <> all (p_running)))
        for update skip locked
    )
    update work w set state = 'ready', holder = null, again = false, due_at = now() from taken t where w.id = t.id;
    get diagnostics v_items = row_count;
    return v_items;
end $$;
