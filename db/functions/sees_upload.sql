-- Whether a caller of the upload's tenant sees the upload. p_owner is the caller's subject; null: the caller sees all of the tenant. An
-- upload belongs to its subject, and to the maker of the link through which it came. Once it is published, its entries alone decide: every
-- caller who reaches a space that has it sees it, as a current content, an earlier version, or in the trash, which lists it by this id,
-- until it is marked for the purge. A link reaches no space and may still ask how its upload ended.
create function sees_upload(p_owner text, p_upload uuid, p_subject text, p_state text, p_space uuid) returns boolean
language sql stable as $$
    select p_owner is null or case
        when p_state = 'completed' and p_space is not null and not starts_with(p_owner, 'link:') then exists (
            select from entry_versions v join entries e on e.id = v.entry
            where v.upload = p_upload and not e.purging and v.until_clock is distinct from -1 and reaches_space(e.space, p_owner, false))
        else p_subject = p_owner
            or (starts_with(p_subject, 'link:') and exists (select from links l where l.id = link_of(p_subject) and l.made_by = p_owner))
    end
$$;
