-- Makes file transfers of one batch for a member who asks for a folder (p_prefix, without a slash at its end) or for several files
-- (p_paths). Open transfers of the same versions join the batch. Returns ok, absent (no member), no_file, batch (more than p_files
-- files) or too_many; and the first 1,000 files that are refused, each with the outcome that ask_for_file has. The same batch again is ok.
create function ask_for_files(
    p_batch uuid, p_tenant text, p_project uuid, p_subject text, p_prefix text, p_paths text[], p_target uuid, p_files int, p_most int,
    p_room bigint, p_straight boolean)
returns table (outcome text, files int, refused_paths text[], refused_words text[]) language plpgsql
-- Of two lists of 10,000 paths, each would be compared with each: nothing is known about their lengths.
set enable_nestloop = off as $$
declare
    t       file_transfers;
    v_found bytea[];
    v_open  bigint;
begin
    perform pg_advisory_xact_lock(hashtextextended(p_tenant || E'\n' || p_subject, 530));
    perform from space_members m where m.space = p_project and m.subject = p_subject for share;
    if not found then
        outcome := 'absent';
        return next;
        return;
    end if;
    perform from file_batches b where b.id = p_batch;
    if found then
        outcome := case when exists (
            select from file_batches b where b.id = p_batch and b.project_id = p_project and b.requester_id = p_subject)
            then 'ok' else 'absent' end;
        files := (select count(*) from file_transfers o where o.batch_id = p_batch);
        return next;
        return;
    end if;
    -- 1. The files.
    v_found := array(
        select r.path_sha256 from remote_files r
        where p_prefix is not null and r.project_id = p_project
              and r.file_path > p_prefix || '/' and r.file_path < p_prefix || '0'
        union
        select sha256(convert_to(w.path, 'UTF8')) from unnest(p_paths) as w (path)
        limit p_files + 1);
    outcome := case when cardinality(v_found) = 0 then 'no_file' when cardinality(v_found) > p_files then 'batch' end;
    if outcome is not null then
        return next;
        return;
    end if;
    perform from served_folders f
    where f.project_id = p_project
          and f.id in (select r.folder_id from remote_files r where r.project_id = p_project and r.path_sha256 = any (v_found))
    order by f.id for share;
    v_open := (
        select count(*) from file_transfers o
        where o.requester_id = p_subject and o.tenant = p_tenant and o.status in ('pending', 'in_progress'))
        - (
        select count(*) from file_transfers o join unnest(v_found) as f (path) on f.path = sha256(convert_to(o.file_path, 'UTF8'))
        where o.requester_id = p_subject and o.project_id = p_project and o.status in ('pending', 'in_progress'));
    if v_open + cardinality(v_found) > p_most then
        outcome := 'too_many';
        return next;
        return;
    end if;
    -- 2. What is refused, what is open already, and what is new.
    with rules as materialized (
        select f.id, f.device_id, f.is_straight, file_approval(p_project, f.id, p_subject) as approval,
               file_bytes_left(p_project, f.id, p_subject, true) as day_bytes
        from served_folders f where f.project_id = p_project
    ), verdicts as materialized (
        select r.file_path, r.hash, r.size, r.mime_type, r.modified_at, u.id as folder, u.device_id, u.approval, o.id as open,
               case when o.id is null then file_refusal(
                   u.is_straight, p_straight, u.approval, d.file_path is not null, r.size, p_room, u.day_bytes) end as word
        from remote_files r
        join rules u on u.id = r.folder_id
        left join (
            select distinct on (x.file_path) x.id, x.file_path, x.total_bytes, x.modified_at, x.source_device_id
            from file_transfers x join remote_files y
                on y.project_id = x.project_id and y.file_path = x.file_path and y.size = x.total_bytes and y.modified_at = x.modified_at
            where x.requester_id = p_subject and x.project_id = p_project and x.status in ('pending', 'in_progress')
                  and x.target_device_id is not distinct from p_target
            order by x.file_path, x.id) o
            on o.file_path = r.file_path and o.total_bytes = r.size and o.modified_at = r.modified_at and o.source_device_id = u.device_id
        left join (
            select distinct x.file_path from file_transfers x
            where x.requester_id = p_subject and x.project_id = p_project and x.approval = 'declined'
                  and x.answered_at > now() - interval '1 hour') d on d.file_path = r.file_path
        where r.project_id = p_project and r.path_sha256 = any (v_found)
    ), refused as (
        select v.file_path as path, v.word from verdicts v where v.word is not null
        union all
        select w.path, 'no_file' from unnest(p_paths) as w (path) where not exists (select from verdicts v where v.file_path = w.path)
        order by 1 limit 1000
    ), joined as (
        update file_transfers x set batch_id = p_batch from verdicts v where x.id = v.open returning 1
    ), added as (
        insert into file_transfers (
            id, project_id, requester_id, file_path, file_hash, source_device_id, total_bytes, tenant, folder_id, mime_type, modified_at,
            target_device_id, approval, expires_at, batch_id)
        select gen_random_uuid(), p_project, p_subject, v.file_path, v.hash, v.device_id, v.size, p_tenant, v.folder, v.mime_type,
               v.modified_at, p_target, v.approval, now() + interval '7 days', p_batch
        from verdicts v where v.open is null and v.word is null
        returning 1
    )
    select (select count(*) from joined) + (select count(*) from added),
           coalesce((select array_agg(f.path order by f.path) from refused f), '{}'),
           coalesce((select array_agg(f.word order by f.path) from refused f), '{}')
    into files, refused_paths, refused_words;
    outcome := 'ok';
    if files > 0 then
        insert into file_batches (id, tenant, project_id, requester_id, prefix) values (p_batch, p_tenant, p_project, p_subject, p_prefix);
    end if;
    -- 3. One mail and one event for each device, which asks for all that waits.
    perform add_work('file_request', n.id, p_due => case when n.approval = 'waiting' and n.number = 1 then now() else n.expires_at end)
    from (
        select o.id, o.approval, o.expires_at,
               row_number() over (partition by o.source_device_id, o.approval order by o.file_path) as number
        from file_transfers o where o.batch_id = p_batch and o.created_at = now()) n;
    perform tell_file_batch(p_batch);
    return next;
end $$;
