-- Locks a transfer, then checks that its worker still has the lease. What workers record of a transfer calls this first.
create function hold_transfer(p_incarnation bigint, p_work bigint, p_epoch bigint, p_transfer uuid) returns boolean
language plpgsql as $$
begin
    perform from transfers where id = p_transfer for update;
    return found and hold_work(p_incarnation, p_work, p_epoch);
end $$;
