-- Gives a completed upload a place in the tree: a new entry, or a new version of the file that has the name. A link that it replaces goes
-- to the trash. With p_into only that entry may be replaced. What became the content after p_begun, when the upload began, has lost a
-- conflict. The caller holds the row of the space and of the upload. Changes nothing where it gives a reason.
create function place_file(
    p_space uuid, p_parent uuid, p_names text[], p_conflict text, p_revision bigint, p_upload uuid, p_size bigint, p_sha256 bytea,
    p_modified_ns bigint, p_mode int, p_subject text, p_id uuid default gen_random_uuid(),
    p_into uuid default null, p_begun timestamptz default null,
    out entry uuid, out kind text, out folders uuid[], out gone uuid[], out reason text, out earlier bigint)
language plpgsql as $$
declare
    v_now_ns bigint := (extract(epoch from now()) * 1000000)::bigint * 1000;
    v_name   text := p_names[cardinality(p_names)];
    v_parent uuid;
    e        entries;
begin
    folders := '{}';
    gone := '{}';
    earlier := 0;
    if not is_live_folder(p_parent) then
        reason := 'parent_removed';
        return;
    end if;
    -- A new content of a file makes no tree deeper.
    if too_deep(p_parent, cardinality(p_names)) and not (cardinality(p_names) = 1 and p_conflict = 'replace' and exists (
        select from entries o where o.parent = p_parent and o.name = v_name and o.removed_at is null))
    then
        reason := 'too_deep';
        return;
    end if;
    select m.folder, m.made, m.reason into v_parent, folders, reason
    from make_folders(p_space, p_parent, p_names[:cardinality(p_names) - 1], v_now_ns, p_subject) m;
    if reason is not null then
        return;
    end if;
    select * into e from entries where parent = v_parent and name = v_name and removed_at is null;
    if (p_revision is not null and e.revision is distinct from p_revision) or (p_into is not null and e.id is distinct from p_into) then
        reason := 'changed';
    elsif e.id is not null and p_conflict = 'rename' then
        v_name := free_name(v_parent, v_name);
        e := null;
    end if;
    if e.kind = 'folder' and p_conflict = 'replace' then
        reason := coalesce(reason, 'not_a_file');
    elsif e.id is not null and (p_conflict <> 'replace' or is_draft_copy(p_space, v_parent, v_name)) then
        reason := coalesce(reason, 'name_taken');
    end if;
    if reason is not null then
        return;
    end if;
    if e.kind = 'link' then
        update entries set removed_at = now(), removed_by = p_subject, removed_clock = service_seconds(), revision = revision + 1
        where id = e.id;
        gone := array[e.id];
        e := null;
    end if;
    if e.id is null then
        kind := 'created';
        insert into entries (id, space, parent, name, kind, version, size, modified_ns, mode, owner)
        values (p_id, p_space, v_parent, v_name, 'file', 1, p_size, coalesce(p_modified_ns, v_now_ns), p_mode, p_subject)
        returning * into e;
    else
        kind := 'replaced';
        earlier := replace_version(e.id, e.version, p_subject, p_begun);
        update entries
        set version = version + 1, size = p_size, modified_ns = coalesce(p_modified_ns, v_now_ns), mode = coalesce(p_mode, mode),
            revision = revision + 1
        where id = e.id returning * into e;
    end if;
    insert into entry_versions (entry, number, upload, size, sha256, modified_ns, subject)
    values (e.id, e.version, p_upload, p_size, p_sha256, e.modified_ns, p_subject);
    entry := e.id;
end $$;
