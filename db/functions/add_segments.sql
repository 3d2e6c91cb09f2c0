-- Records the only segment of each stream that brought all of its bytes at once; an empty one has none. The last flush of a segment is a
-- real one in Relaxed too (E31).
create function add_segments(p_incarnation bigint, p_checkpoints stream_checkpoint[]) returns void language plpgsql as $$
begin
    insert into stored_files (id, upload_id, kind, incarnation, store)
    select c.segment, c.upload_id, 2, i.id, i.store from incarnations i, unnest(p_checkpoints) c
    where i.id = p_incarnation and c.to_offset > 0;
    insert into extents (upload_id, start, length, file_id, file_offset, placed, synced, incarnation, started_at)
    select c.upload_id, 0, c.to_offset, c.segment, 0, true, true, p_incarnation, now() from unnest(p_checkpoints) c
    where c.to_offset > 0;
end $$;
