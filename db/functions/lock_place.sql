-- Locks a place for WebDAV, if its entry has the revision, where one is given. The caller gives the token and may repeat the call.
create function lock_place(
    p_incarnation bigint, p_token uuid, p_tenant text, p_subject text, p_space uuid, p_parent uuid, p_name text, p_exclusive boolean,
    p_deep boolean, p_owner text, p_seconds bigint, p_most int, p_guard jsonb, p_revision bigint)
returns text language plpgsql as $$
declare
    e        entries;
    v_exists boolean;
    v_fault  text;
begin
    if lock_incarnation(p_incarnation) is null then
        return 'fenced';
    end if;
    if not lock_space(p_space) then
        return 'not_found';
    end if;
    if exists (select from dav_locks where token = p_token) then
        return 'ok';
    end if;
    if p_parent is not null and not is_live_folder(p_parent) then
        return 'parent_removed';
    end if;
    if is_draft_copy(p_space, p_parent, p_name) then
        return 'not_found';
    end if;
    delete from dav_locks l where l.space = p_space and not is_live_lock(l);
    delete from dav_locks where token = any (array(
        select l.token from dav_locks l where l.tenant = p_tenant and l.subject = p_subject and not is_live_lock(l)
        for update skip locked));
    select * into e from entries o
    where o.space = p_space and o.parent is not distinct from p_parent and o.removed_at is null and (p_parent is null or o.name = p_name);
    v_exists := found;
    if p_revision is not null and p_revision is distinct from e.revision then
        return 'changed';
    end if;
    if not meets_lists(p_guard) then
        return 'unmet';
    end if;
    if exists (select from locks_over(p_space, p_parent, p_name) l where l.exclusive or p_exclusive)
       or (p_deep and v_exists and exists (select from locks_below(p_space, e.id) l where l.exclusive or p_exclusive)) then
        return 'lock_conflict';
    end if;
    -- A name that is free becomes an empty file.
    if not v_exists then
        v_fault := guard_fault(p_guard, p_space, p_parent, p_name, true);
        if v_fault is not null then
            return v_fault;
        end if;
    end if;
    -- What covers a place is described with each entry below it.
    if (select count(*) from dav_locks l where l.tenant = p_tenant and l.subject = p_subject and is_live_lock(l)) >= p_most
       or (select count(*) from locks_over(p_space, p_parent, p_name)) >= 100 then
        return 'too_many_locks';
    end if;
    insert into dav_locks (token, tenant, subject, space, parent, name, exclusive, deep, owner, seconds, expires_clock)
    values (p_token, p_tenant, p_subject, p_space, p_parent, p_name, p_exclusive, p_deep, p_owner, p_seconds,
            service_seconds() + p_seconds);
    return 'ok';
end $$;
