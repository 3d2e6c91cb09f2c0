-- Publishes completed uploads in the space that they are bound to. Returns those that it refused, each with its reason. The caller holds
-- the rows of the uploads.
create function publish_in_space(p_space uuid, p_uploads uploads[], p_subject text) returns table (upload uuid, reason text)
language plpgsql set enable_hashjoin = off set enable_mergejoin = off as $$
declare
    v_now_ns   bigint := (extract(epoch from now()) * 1000000)::bigint * 1000;
    v_live     uuid[];
    v_placed   uuid[];
    v_entries  uuid[];
    v_kinds    text[];
    v_subjects text[];
    v_bytes    bigint;
    v_earlier  bigint := 0;
    v_rows     bigint;
    v_barred   text[];
    v_files    uuid[];
    v_contents uuid[];
    v_by       text[];
    v_fault    text;
    v_reason   text;
    u          uploads;
    r          record;
begin
    if not lock_space(p_space) then
        return query select n.id, 'parent_removed' from unnest(p_uploads) n;
        return;
    end if;
    -- A subject that has lost access to the space publishes nothing there.
    v_barred := array(
        select s.subject from (select distinct n.tenant, coalesce(p_subject, n.subject) as subject from unnest(p_uploads) n) s
        where not may_publish(p_space, s.tenant, s.subject));
    if cardinality(v_barred) > 0 then
        return query
            select n.id, case when is_live_folder(p_space) then 'no_access' else 'parent_removed' end
            from unnest(p_uploads) n where coalesce(p_subject, n.subject) = any (v_barred);
        p_uploads := array(select n from unnest(p_uploads) n where coalesce(p_subject, n.subject) <> all (v_barred));
    end if;
    -- New names in existing folders, all in one statement.
    v_live := array(select p.parent from (select distinct n.target_parent as parent from unnest(p_uploads) n) p
        where folder_depth(p.parent) < most_levels());
    with planned as materialized (
        select gen_random_uuid() as entry, n.id, n.target_parent as parent, n.target_names[1] as name, n.size, n.sha256,
               coalesce(n.modified_ns, v_now_ns) as modified_ns, n.mode, coalesce(p_subject, n.subject) as subject
        from unnest(p_uploads) n
        where cardinality(n.target_names) = 1 and n.target_revision is null and n.target_guard is null and n.target_parent = any (v_live)
    ), made as (
        insert into entries (id, space, parent, name, kind, version, size, modified_ns, mode, owner)
        select p.entry, p_space, p.parent, p.name, 'file', 1, p.size, p.modified_ns, p.mode, p.subject from planned p order by p.id
        on conflict (parent, name) where removed_at is null do nothing
        returning id
    ), contents as (
        insert into entry_versions (entry, number, upload, size, sha256, modified_ns, subject)
        select p.entry, 1, p.id, p.size, p.sha256, p.modified_ns, p.subject from made m join planned p on p.entry = m.id
        returning entry_versions.entry, entry_versions.upload, entry_versions.size, entry_versions.subject
    )
    select coalesce(array_agg(c.upload), '{}'), coalesce(array_agg(c.entry), '{}'), coalesce(array_agg('created'::text), '{}'),
           coalesce(array_agg(c.subject), '{}'), coalesce(sum(c.size), 0), count(*)
    into v_placed, v_entries, v_kinds, v_subjects, v_bytes, v_rows from contents c;
    v_files := v_entries;
    v_contents := v_placed;
    v_by := v_subjects;
    -- The others one by one: their name is taken, a folder must be made, is gone or lies too deep, or a revision must be compared.
    for u in select n.* from unnest(p_uploads) n where n.id <> all (v_placed) order by n.id loop
        v_fault := guard_fault(u.target_guard, p_space, u.target_parent, u.target_names[1], not exists (
            select from entries o where o.parent = u.target_parent and o.name = u.target_names[1] and o.removed_at is null));
        if v_fault is null then
            select * into r from place_file(
                p_space, u.target_parent, u.target_names, u.target_conflict, u.target_revision, u.id, u.size, u.sha256, u.modified_ns,
                u.mode, coalesce(p_subject, u.subject), p_begun => u.created_at);
            v_fault := r.reason;
        end if;
        -- The client has its answer already (answer_checking), so the content is kept beside what is there.
        if u.target_guard ? 'answered' and v_fault in ('locked', 'unmet', 'changed', 'name_taken') then
            v_reason := v_fault;
            select * into r from place_file(
                p_space, u.target_parent, u.target_names, 'rename', null, u.id, u.size, u.sha256, u.modified_ns, u.mode,
                coalesce(p_subject, u.subject), p_begun => u.created_at);
            v_fault := r.reason;
            if v_fault is null then
                perform add_events(
                    array[u], 'placed_beside',
                    jsonb_build_object(
                        'entry', replace(r.entry::text, '-', ''), 'name', (select o.name from entries o where o.id = r.entry),
                        'wanted', u.target_names[1], 'reason', v_reason),
                    p_subject);
            end if;
        end if;
        if v_fault is not null then
            upload := u.id;
            reason := v_fault;
            return next;
        else
            v_entries := v_entries || r.folders || r.gone || r.entry;
            v_kinds := v_kinds || array_fill('created'::text, array[cardinality(r.folders)])
                || array_fill('removed'::text, array[cardinality(r.gone)]) || r.kind;
            v_subjects := v_subjects
                || array_fill(coalesce(p_subject, u.subject), array[cardinality(r.folders) + cardinality(r.gone) + 1]);
            v_files := v_files || r.entry;
            v_contents := v_contents || u.id;
            v_by := v_by || coalesce(p_subject, u.subject);
            v_bytes := v_bytes + u.size;
            v_earlier := v_earlier + r.earlier;
            v_rows := v_rows + cardinality(r.folders) + (r.kind = 'created')::int;
        end if;
    end loop;
    if exists (select from transfer_schedules s where s.folder is not null and s.enabled) then
        perform add_arrivals(v_files, v_contents, v_by);
    end if;
    perform add_changes(p_space, v_entries, v_kinds, v_subjects, v_rows, v_bytes, v_earlier);
end $$;
