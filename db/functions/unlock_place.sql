-- Ends a lock that covers a place. The repetition of a call that has ended it finds none, and its caller counts that as done.
create function unlock_place(p_incarnation bigint, p_space uuid, p_parent uuid, p_name text, p_token uuid, p_subject text) returns text
language plpgsql as $$
declare
    l dav_locks;
begin
    if lock_incarnation(p_incarnation) is null then
        return 'fenced';
    end if;
    perform lock_space(p_space);
    select o.* into l from locks_over(p_space, p_parent, p_name) o where o.token = p_token;
    if l.token is null then
        return 'no_lock';
    end if;
    if l.subject <> p_subject then
        return 'foreign_lock';
    end if;
    delete from dav_lock_uses where lock = p_token;
    delete from dav_locks where token = p_token;
    return 'ok';
end $$;
