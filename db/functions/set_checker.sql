-- Says whether the service has a checker, which may be another one than before: every check is due now. Returns how many uploads wait for a
-- verdict.
create function set_checker(p_incarnation bigint, p_enabled boolean) returns bigint
language plpgsql as $$
begin
    if lock_incarnation(p_incarnation) is not null then
        update checker set enabled = p_enabled where enabled <> p_enabled;
        update work set state = 'ready', due_at = now() where kind = 'check' and state = 'waiting';
    end if;
    return (select count(*) from work where kind = 'check');
end $$;
