-- Whether the entry of this name is the incomplete copy that WebDAV makes of a folder beside its place. Nobody sees it until it is whole.
create function is_draft_copy(p_space uuid, p_parent uuid, p_name text) returns boolean language plpgsql stable as $$
begin
    -- The names that CopyResource gives; others need no look at the table.
    if not starts_with(p_name, '.copy-') then
        return false;
    end if;
    return exists (select from dav_copies c where c.space = p_space and c.parent = p_parent and c.name = p_name);
end $$;
