-- Says whether the service has a checker. Attempts of earlier processes have ended with them, so every check is due now. Returns how many
-- uploads wait for a verdict.
create function set_checker(p_incarnation bigint, p_enabled boolean) returns bigint
language plpgsql as $$
begin
    if lock_incarnation(p_incarnation) is not null then
        update checker set enabled = p_enabled where enabled <> p_enabled;
        update upload_checks set next_at = now() where next_at > now();
    end if;
    return (select count(*) from upload_checks);
end $$;
