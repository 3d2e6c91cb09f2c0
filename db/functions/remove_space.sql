-- Removes a team space: no caller reaches it any more, its links end, and the purge of the trash frees what is in it. Uploads that were to
-- be published there stay unfiled. False if the space or its trash has entries and p_contents is false; null from a fenced incarnation.
create function remove_space(p_incarnation bigint, p_space uuid, p_contents boolean) returns boolean
language plpgsql as $$
begin
    if lock_incarnation(p_incarnation) is null then
        return null;
    end if;
    -- Lock the links before the space, as an upload through a link does.
    perform from links where space = p_space and revoked_at is null order by id for update;
    perform lock_space(p_space);
    if not p_contents and exists (select from spaces where id = p_space and removed_at is null and entries > 0) then
        return false;
    end if;
    update spaces set removed_at = coalesce(removed_at, now()) where id = p_space and kind = 'team';
    if found then
        perform end_project(p_space);
        delete from space_members where space = p_space;
        update links set revoked_at = now() where space = p_space and revoked_at is null;
        update entries set purging = true, removed_at = now(), removed_clock = 0 where id = p_space and not purging;
    end if;
    return true;
end $$;
