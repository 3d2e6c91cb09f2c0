-- Whether a caller of the upload's tenant sees the upload. p_owner is the caller's subject; null: the caller sees all of the tenant. An
-- upload belongs to its subject, and to the maker of the link through which it came. Once it is published, everybody who reaches a space
-- that has it reads it.
create function sees_upload(p_owner text, p_upload uuid, p_subject text, p_state text, p_space uuid) returns boolean
language sql stable as $$
    select p_owner is null or p_subject = p_owner
        or (starts_with(p_subject, 'link:') and exists (select from links l where l.id = link_of(p_subject) and l.made_by = p_owner))
        or (p_state = 'completed' and p_space is not null and exists (
        select from entry_versions v join entries e on e.id = v.entry where v.upload = p_upload and reaches_space(e.space, p_owner, false)))
$$;
