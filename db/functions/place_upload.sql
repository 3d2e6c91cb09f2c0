-- Gives a completed upload a place in the tree: an unfiled upload, or with p_named one that versions name already, which is how a file is
-- copied and an older version brought back. With p_live the upload must be the current content of a file that the caller can read:
-- otherwise knowing a digest would give access to a file. The caller gives the id of a new entry and may repeat the call. A request with an
-- Idempotency-Key (p_key) stores the key in the version that it makes, and a repeated request finds that version.
create function place_upload(
    p_incarnation bigint, p_id uuid, p_upload uuid, p_tenant text, p_owner text, p_named boolean, p_live boolean, p_space uuid,
    p_parent uuid, p_names text[], p_conflict text, p_into uuid, p_revision bigint, p_modified_ns bigint, p_mode int, p_subject text,
    p_repeated boolean, p_source uuid, p_key text, p_key_hash bytea, p_guard jsonb default null)
returns table (outcome text, entry entry_now, excess quota_excess)
language plpgsql as $$
declare
    v_entry   uuid;
    v_kind    text;
    v_folders uuid[];
    v_gone    uuid[];
    v_earlier bigint;
    u         uploads;
begin
    -- 1. and 2. Lock the upload before the space, as purge_trash does.
    if lock_incarnation(p_incarnation) is null then
        outcome := 'fenced';
    end if;
    u := lock_upload(p_upload, p_tenant, p_owner);
    -- 3. The first try made the newest version of the upload, or with a key the version that has this key.
    if p_key is not null then
        select v.entry into v_entry from entry_versions v
        where v.request = request_digest(p_tenant, p_subject, p_key) and v.request_hash = p_key_hash and v.upload = u.id limit 1;
    elsif p_repeated then
        select v.entry into v_entry from entry_versions v where v.upload = u.id order by v.created_at desc limit 1;
    end if;
    -- The first try has brought an earlier content back.
    if p_repeated and exists (select from entry_now n where n.id = p_into and n.upload = u.id) then
        v_entry := p_into;
        p_id := p_into;
    end if;
    outcome := case
        when outcome is not null then outcome
        when u.id is null or u.is_part then 'no_upload'
        when v_entry = p_id or (v_entry is not null and (p_key is not null or not p_named)) then 'ok'
        when is_unfinished(u.state) then 'not_completed'
        when u.state = 'checking' then 'checking'
        when u.state <> 'completed' then 'no_upload'
        when u.damaged_at is not null then 'damaged'
        -- The last version that named it is gone, or it was given another place meanwhile.
        when p_named and not exists (select from entry_versions v where v.upload = u.id) then 'no_upload'
        when not p_named and u.target_space is not null then 'published'
        when not lock_space(p_space) or not may_publish(p_space, p_tenant, p_subject) then 'not_found'
        when guard_fault(p_guard, p_space, p_parent, p_names[1], not exists (
            select from entries o where o.parent = p_parent and o.name = p_names[1] and o.removed_at is null)) is not null
            then guard_fault(p_guard, p_space, p_parent, p_names[1], not exists (
                select from entries o where o.parent = p_parent and o.name = p_names[1] and o.removed_at is null))
        when p_live and not exists (
            select from entry_versions v join entries e on e.id = v.entry
            where v.upload = u.id and v.until is null and reaches_space(e.space, p_owner, false) and entry_path(v.entry) is not null)
            then 'no_upload'
    end;
    -- Limits.
    if outcome is null and p_named then
        excess := over_entries(p_space, new_entries(p_parent, p_names, p_conflict));
        outcome := case when excess is null then null else 'quota' end;
    end if;
    -- 4.
    if outcome is null then
        select f.entry, f.kind, f.folders, f.gone, coalesce(f.reason, 'ok'), f.earlier
        into v_entry, v_kind, v_folders, v_gone, outcome, v_earlier
        from place_file(
            p_space, p_parent, p_names, p_conflict, p_revision, u.id, u.size, u.sha256, coalesce(p_modified_ns, u.modified_ns),
            coalesce(p_mode, u.mode), p_subject, p_id, p_into, case when not p_named then u.created_at end) f;
        if outcome = 'ok' then
            if p_key is not null then
                update entry_versions v set request = request_digest(p_tenant, p_subject, p_key), request_hash = p_key_hash
                where v.entry = v_entry and v.until is null;
            end if;
            update uploads
            set target_space = p_space, target_parent = p_parent, target_names = p_names, target_conflict = p_conflict,
                unfiled_reason = null
            where id = u.id and target_space is null;
            perform add_changes(
                p_space, v_folders || v_gone || v_entry,
                array_fill('created'::text, array[cardinality(v_folders)]) || array_fill('removed'::text, array[cardinality(v_gone)])
                    || v_kind,
                array_fill(p_subject, array[cardinality(v_folders) + cardinality(v_gone) + 1]),
                cardinality(v_folders) + (v_kind = 'created')::int, u.size, v_earlier);
            if not p_named and exists (select from transfer_schedules s where s.folder is not null and s.enabled) then
                perform add_arrivals(array[v_entry], array[u.id], array[p_subject]);
            end if;
            if p_source is not null then
                perform copy_properties(p_source, v_entry);
            end if;
            perform audit_copy(v_entry, p_source, false, p_subject);
        end if;
    end if;
    select n.* into entry from entry_now n where n.id = v_entry;
    return next;
end $$;
