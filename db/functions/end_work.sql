-- Ends a lease, in the transaction that records its outcome: the item is done, or is due again after a pause. False where the lease is
-- lost: then the caller records nothing.
create function end_work(
    p_incarnation bigint, p_work bigint, p_epoch bigint, p_pause interval default null, p_failed boolean default true)
returns boolean language plpgsql as $$
begin
    if not hold_work(p_incarnation, p_work, p_epoch) then
        return false;
    end if;
    delete from work where id = p_work and p_pause is null and not again;
    -- Added again while it was worked on: as if it were new.
    update work
    set state = case when p_pause > interval '0' and not again then 'waiting' else 'ready' end,
        due_at = case when again then now() else now() + p_pause end,
        attempts = case when p_pause is null then 0 else attempts + p_failed::int end, holder = null, again = false
    where id = p_work;
    return true;
end $$;
