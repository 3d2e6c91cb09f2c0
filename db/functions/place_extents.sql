-- Points extents at the assembly of the caller's store if they are still what was copied (E22); returns the files of that store that no row
-- names any more.
create function place_extents(
    p_incarnation bigint, p_upload uuid, p_assembly uuid, p_starts bigint[], p_lengths bigint[], p_files uuid[], p_offsets bigint[])
returns setof stored_files
language plpgsql as $$
declare
    u          uploads;
    v_store    uuid;
    v_assembly uuid;
    v_bytes    bigint;
begin
    -- 1.
    if lock_incarnation(p_incarnation) is null then
        return;
    end if;
    select i.store into v_store from incarnations i where i.id = p_incarnation;
    -- 2.
    select * into u from uploads where id = p_upload for update;
    -- 3. An ended upload is left to reclaim_content, and a replaced assembly gets no more extents.
    select a.file_id into v_assembly from assemblies a where a.upload_id = p_upload and a.store = v_store;
    if v_assembly is distinct from p_assembly or v_assembly is null
       or is_ended(u.state) or u.damaged_at is not null then
        return;
    end if;
    -- 4. The copied bytes were flushed, in Relaxed too (E31). A repeated call moves nothing, and still returns the files.
    with moved as (
        update extents p
        set file_id = p_assembly, file_offset = p.start, placed = true, synced = true, incarnation = p_incarnation
        from unnest(p_starts, p_lengths, p_files, p_offsets) c (start, length, file_id, file_offset)
        where p.upload_id = p_upload and p.start = c.start and p.length = c.length
          and p.file_id = c.file_id and p.file_offset = c.file_offset and not p.placed
        returning p.length
    )
    select coalesce(sum(moved.length), 0) into v_bytes from moved;
    if v_bytes > 0 then
        update uploads set placed_bytes = placed_bytes + v_bytes where id = p_upload;
        perform tombstone_files(p_files);
    end if;
    return query
        select f.* from stored_files f
        where f.id = any (p_files) and f.tombstone_at is not null and f.forget_at is null
          and f.store = v_store;
end $$;
