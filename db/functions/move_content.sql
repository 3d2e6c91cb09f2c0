-- Points extents of a completed upload at one file of a store, into which they were copied one after the other and flushed, if they still
-- lie where they were copied from: all that lies in other stores, or files of the same store, which are joined. Files that nothing names
-- any more become tombstones, which the nodes of their stores unlink. Returns whether the file holds the bytes now; a repeated call returns
-- the same (E10).
create function move_content(
    p_incarnation bigint, p_upload uuid, p_file uuid, p_kind smallint, p_store uuid,
    p_starts bigint[], p_lengths bigint[], p_files uuid[], p_offsets bigint[])
returns boolean language plpgsql as $$
declare
    u        uploads;
    v_joins  boolean := not exists (select from stored_files f where f.id = any (p_files) and f.store <> p_store);
    v_unused uuid[];
begin
    -- 1.
    if lock_incarnation(p_incarnation) is null then
        return false;
    end if;
    -- 2.
    select * into u from uploads where id = p_upload for update;
    -- 3. An ended upload is left to reclaim_content, one in quarantine to its review, and unmerged chunks to their merge. Unflushed bytes
    -- may have to be compared first (E31).
    if exists (select from extents p where p.upload_id = p_upload and p.file_id = p_file) then
        return true;
    end if;
    if u.state is distinct from 'completed' or u.damaged_at is not null
       or not lock_file(p_incarnation, p_upload, p_file, p_incarnation)
       or cardinality(p_starts) is distinct from (
           select count(*) from unnest(p_starts, p_lengths, p_files, p_offsets) c (start, length, file_id, file_offset)
           join extents p on p.upload_id = p_upload and p.start = c.start and p.length = c.length
                and p.file_id = c.file_id and p.file_offset = c.file_offset and p.placed and p.synced)
       or not v_joins and cardinality(p_starts) <> (
           select count(*) from extents p join stored_files f on f.id = p.file_id
           where p.upload_id = p_upload and f.store <> p_store) then
        return false;
    end if;
    -- 4.
    insert into stored_files (id, upload_id, kind, incarnation, store) values (p_file, p_upload, p_kind, p_incarnation, p_store);
    update extents p
    set file_id = p_file, file_offset = c.file_offset, incarnation = p_incarnation
    from (select start, sum(length) over (order by start) - length as file_offset from unnest(p_starts, p_lengths) l (start, length)) c
    where p.upload_id = p_upload and p.start = c.start;
    -- The stores from which everything was moved need no assemblies.
    if not v_joins then
        with gone as (
            delete from assemblies a where a.upload_id = p_upload and a.store <> p_store returning a.file_id
        )
        select array_agg(gone.file_id) into v_unused from gone;
        delete from spread_uploads where upload_id = p_upload;
    end if;
    perform tombstone_files(array(select distinct c.file_id from unnest(p_files) c (file_id)) || v_unused);
    return true;
end $$;
