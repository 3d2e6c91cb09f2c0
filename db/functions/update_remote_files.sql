-- Takes a batch of changes to the list of a served folder, in the order of the device's own numbers. Returns the answer for the device:
-- {"sequence", "accepted", "rejected": [{"path", "code"}]}, which the same batch gets again; or {"fault": "archived" | "not_served"}; or
-- {"fault": "resync", "sequence"} if the batch does not follow the last one. At the end of a snapshot, what it has not told goes.
create function update_remote_files(
    p_project uuid, p_folder uuid, p_device uuid, p_subject text, p_base bigint, p_batch uuid, p_snapshot uuid, p_last boolean,
    p_most bigint, p_deleted text[], p_paths text[], p_sizes bigint[], p_hashes bytea[], p_types text[], p_times timestamptz[],
    p_modes int[])
returns jsonb language plpgsql set enable_hashjoin = off set enable_mergejoin = off as $$
declare
    v_folder    served_folders;
    v_sequence  bigint;
    v_bad       text[];
    v_full      text[];
    v_there     bigint;
    v_removed   bigint;
    v_bytes     bigint;
    v_files     bigint;
    v_changes   jsonb;
    v_more      jsonb;
    v_added     bigint;
    v_updated   bigint;
    v_count     bigint;
    v_size      bigint;
    v_snapshot  uuid;
    v_answer    jsonb;
begin
    -- 1. The batch must follow the last one.
    select sequence + 1 into v_sequence from projects where id = p_project and archived_at is null for no key update;
    if not found then
        return '{"fault": "archived"}';
    end if;
    select * into v_folder from served_folders where project_id = p_project and id = p_folder and device_id = p_device for update;
    if not found then
        return '{"fault": "not_served"}';
    end if;
    if v_folder.last_batch = p_batch then
        return v_folder.last_answer;
    end if;
    if v_folder.sequence <> p_base then
        return jsonb_build_object('fault', 'resync', 'sequence', v_folder.sequence);
    end if;
    v_snapshot := coalesce(p_snapshot, v_folder.snapshot);

    -- 2. Removals.
    with gone as (
        delete from remote_files r using unnest(p_deleted) d (path)
        where r.project_id = p_project and r.path_sha256 = sha256(convert_to(d.path, 'UTF8')) and r.folder_id = p_folder
        returning r.file_path, r.size
    )
    select count(*), -coalesce(sum(size), 0),
           jsonb_agg(jsonb_build_object('type', 'file_deleted', 'path', file_path)) filter (where n <= 100)
    into v_removed, v_bytes, v_changes
    from (select file_path, size, row_number() over () as n from gone) g;
    v_files := -v_removed;

    -- 3. A path cannot be a file and a folder. The index has whole paths, so that each look is one step, however many files there are.
    v_bad := array(
        select c.path from unnest(p_paths) c (path)
        where exists (
                  select from remote_files r
                  where r.project_id = p_project and r.file_path > c.path || '/' and r.file_path < c.path || '0')
              or exists (
                  select from (
                      select left(c.path, sum(length(n.name) + 1) over (order by n.at)::int - 1) as path
                      from unnest(string_to_array(c.path, '/')) with ordinality n (name, at)) folder
                  where folder.path not in ('', c.path) and exists (
                      select from remote_files r where r.project_id = p_project and r.file_path = folder.path)));

    -- 4. The bound of a folder.
    select count(*), coalesce(sum(r.size), 0) into v_there, v_size
    from unnest(p_paths) c (path)
    join remote_files r on r.project_id = p_project and r.path_sha256 = sha256(convert_to(c.path, 'UTF8'))
    where c.path not in (select unnest(v_bad));
    v_full := '{}';
    if v_folder.files + v_files + cardinality(p_paths) - cardinality(v_bad) - v_there > p_most then
        v_full := array(
            select c.path from unnest(p_paths) c (path)
            where c.path not in (select unnest(v_bad)) and not exists (
                select from remote_files r where r.project_id = p_project and r.path_sha256 = sha256(convert_to(c.path, 'UTF8'))));
    end if;

    -- 5. Additions and changes. Without a digest, the one of the same version stays.
    with told as (
        select * from unnest(p_paths, p_sizes, p_hashes, p_types, p_times, p_modes) t (path, size, hash, type, modified, mode)
        where t.path not in (select unnest(v_bad) union all select unnest(v_full))
    ), written as (
        insert into remote_files as r (
            project_id, path_sha256, file_path, folder_id, size, hash, mime_type, modified_at, mode, sequence, snapshot)
        select p_project, sha256(convert_to(t.path, 'UTF8')), t.path, p_folder, t.size, t.hash, t.type, t.modified, t.mode, v_sequence,
               v_snapshot
        from told t order by t.path
        on conflict (project_id, path_sha256) do update
        set size = excluded.size, mime_type = excluded.mime_type, modified_at = excluded.modified_at, mode = excluded.mode,
            hash = coalesce(
                excluded.hash, case when (r.size, r.modified_at) = (excluded.size, excluded.modified_at) then r.hash end),
            sequence = excluded.sequence, snapshot = excluded.snapshot
        where r.folder_id = excluded.folder_id
              and ((r.size, r.mime_type, r.modified_at, r.mode)
                       is distinct from (excluded.size, excluded.mime_type, excluded.modified_at, excluded.mode)
                   or excluded.hash is distinct from r.hash and excluded.hash is not null)
        returning r.file_path, r.size, (r.xmax = 0) as is_new
    )
    select count(*) filter (where w.is_new), count(*) filter (where not w.is_new),
           jsonb_agg(jsonb_build_object(
               'type', case when w.is_new then 'file_added' else 'file_updated' end, 'path', w.file_path, 'size', w.size))
               filter (where n <= 100)
    into v_added, v_updated, v_more
    from (select written.*, row_number() over (order by file_path) as n from written) w;
    v_files := v_files + v_added;
    select coalesce(sum(t.size), 0) into v_count
    from unnest(p_paths, p_sizes) t (path, size)
    where t.path not in (select unnest(v_bad) union all select unnest(v_full));
    v_bytes := v_bytes + v_count - v_size;
    v_changes := coalesce(v_changes, '[]') || coalesce(v_more, '[]');

    -- 6. What a snapshot tells stays; at its end the rest goes.
    if v_snapshot is not null then
        update remote_files r set snapshot = v_snapshot
        from unnest(p_paths) c (path)
        where r.project_id = p_project and r.path_sha256 = sha256(convert_to(c.path, 'UTF8')) and r.folder_id = p_folder
              and r.snapshot is distinct from v_snapshot;
    end if;
    if p_last then
        with gone as (
            delete from remote_files r
            where r.project_id = p_project and r.folder_id = p_folder and r.snapshot is distinct from v_snapshot
            returning r.size
        )
        select count(*), coalesce(sum(size), 0) into v_count, v_size from gone;
        v_removed := v_removed + v_count;
        v_files := v_files - v_count;
        v_bytes := v_bytes - v_size;
    end if;

    -- 7. The answer, which is kept, and one event: of a snapshot at its end.
    v_answer := jsonb_build_object(
        'sequence', p_base + 1,
        'accepted', cardinality(p_deleted) + cardinality(p_paths) - cardinality(v_bad) - cardinality(v_full),
        'rejected', (
            select coalesce(jsonb_agg(jsonb_build_object('path', x.path, 'code', x.code)), '[]')
            from (select unnest(v_bad), 'path_conflict' union all select unnest(v_full), 'folder_full') x (path, code)));
    update served_folders
    set sequence = p_base + 1, last_batch = p_batch, last_answer = v_answer, files = files + v_files, bytes = bytes + v_bytes,
        snapshot = case when p_last then null else v_snapshot end, complete = complete or p_last, told_at = now()
    where project_id = p_project and id = p_folder;
    if p_last or p_snapshot is null and v_added + v_updated + v_removed > 0 then
        perform add_project_event(
            p_project, 'files_changed', p_device, p_subject,
            jsonb_build_object(
                'folder_id', p_folder, 'added', v_added, 'updated', v_updated, 'removed', v_removed, 'snapshot', p_last,
                'changes', case when p_last then '[]' else v_changes end));
        perform add_event(
            'files_changed', 'project', replace(p_project::text, '-', ''),
            jsonb_build_object(
                'sequence', v_sequence, 'device', replace(p_device::text, '-', ''), 'added', v_added, 'updated', v_updated,
                'removed', v_removed, 'snapshot', p_last),
            s.tenant, p_subject, p_subject)
        from spaces s where s.id = p_project;
    end if;
    return v_answer;
end $$;
