-- Whether a caller of the space's tenant may read the space, or also change what is in it. p_owner is the caller's subject; null: the
-- caller sees all of the tenant. The caller's scopes narrow this: a viewer changes nothing in the shared space either. An archived project
-- is read only. A guest reaches the own projects alone. A link reaches no space: its requests may do what its maker reaches.
create function reaches_space(p_space uuid, p_owner text, p_change boolean) returns boolean language sql stable as $$
    select p_owner is null or not starts_with(p_owner, 'link:') and exists (
        select from spaces s
        where s.id = p_space and s.removed_at is null and (
            s.kind = 'shared' and not is_guest(s.tenant, p_owner) or s.owner = p_owner
            or exists (select from space_members m where m.space = s.id and m.subject = p_owner and (m.can_change or not p_change)))
        and (not p_change or not exists (select from projects p where p.id = s.id and p.archived_at is not null)))
$$;
