-- Begins the time of a lock anew that covers a place and that the request names. Returns its token; null if there is none.
create function refresh_lock(
    p_incarnation bigint, p_space uuid, p_parent uuid, p_name text, p_seconds bigint, p_guard jsonb, out outcome text, out lock uuid)
language plpgsql as $$
begin
    if lock_incarnation(p_incarnation) is null then
        outcome := 'fenced';
    elsif not lock_space(p_space) then
        outcome := 'not_found';
    elsif meets_lists(p_guard) then
        select l.token into lock from locks_over(p_space, p_parent, p_name) l
        where l.subject = p_guard ->> 'subject' and p_guard -> 'tokens' ? ('urn:uuid:' || l.token) limit 1;
    end if;
    if outcome is null then
        update dav_locks set seconds = p_seconds, expires_clock = service_seconds() + p_seconds where token = lock;
        outcome := case when found then 'ok' else 'unmet' end;
    end if;
end $$;
