-- Whether a worker still has its lease, which nobody can take away before the transaction ends. What a kind records while it works calls
-- this first, after its own locks; end_work does the same and ends the lease.
create function hold_work(p_incarnation bigint, p_work bigint, p_epoch bigint) returns boolean
language plpgsql as $$
begin
    if lock_incarnation(p_incarnation) is null then
        return false;
    end if;
    perform from work w
    where w.id = p_work and w.epoch = p_epoch and w.state = 'leased' and w.holder = p_incarnation for update;
    return found;
end $$;
