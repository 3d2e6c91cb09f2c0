-- Gives an upload the extents of these parts, in order, and completes it. Every part is complete, and the caller holds the locks of all of
-- them.
create function join_extents(p_upload uuid, p_parts uuid[]) returns void language plpgsql as $$
declare
    v_size bigint;
begin
    -- No other transaction may free a file before its new extent is committed.
    perform from stored_files f where f.id in (select p.file_id from extents p where p.upload_id = any (p_parts)) order by f.id for share;
    with listed as (
        select l.part, u.size, sum(u.size) over (order by l.place) - u.size as base
        from unnest(p_parts) with ordinality l (part, place) join uploads u on u.id = l.part
    )
    insert into extents (
        upload_id, start, length, file_id, file_offset, placed, synced, incarnation, sha256, attempts, started_at, received_at)
    select p_upload, l.base + p.start, p.length, p.file_id, p.file_offset, p.placed, p.synced, p.incarnation, p.sha256, p.attempts,
           p.started_at, p.received_at
    from listed l join extents p on p.upload_id = l.part;
    select coalesce(sum(u.size), 0) into v_size from unnest(p_parts) l (part) join uploads u on u.id = l.part;
    update uploads
    set size = v_size, received_bytes = v_size, placed_bytes = v_size, active_at = service_seconds(),
        first_byte_at = coalesce(first_byte_at, now()), last_byte_at = now()
    where id = p_upload;
    perform finish_upload(p_upload, v_size, null, case when v_size = 0 then sha256('') end, null);
end $$;
