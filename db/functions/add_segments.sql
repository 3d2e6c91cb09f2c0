-- Records the only segment of each stream that brought all of its bytes at once. The last flush of a segment is a real one in Relaxed
-- too (E31).
create function add_segments(p_incarnation bigint, p_checkpoints stream_checkpoint[]) returns void language plpgsql as $$
begin
    insert into stored_files (id, upload_id, kind, incarnation)
    select c.segment, c.upload_id, 2, p_incarnation from unnest(p_checkpoints) c;
    insert into extents (upload_id, start, length, file_id, file_offset, placed, synced, incarnation, started_at)
    select c.upload_id, 0, c.to_offset, c.segment, 0, true, true, p_incarnation, now() from unnest(p_checkpoints) c;
end $$;
