-- Locks a space against every other change of its tree until the end of the transaction. False where there is no such space.
create function lock_space(p_space uuid) returns boolean language plpgsql as $$
begin
    perform from spaces where id = p_space for no key update;
    return found;
end $$;
