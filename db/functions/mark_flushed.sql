-- Records that these extents are flushed. An extent that has moved or grown since is left alone.
create function mark_flushed(p_incarnation bigint, p_upload uuid, p_starts bigint[], p_lengths bigint[], p_files uuid[]) returns void
language plpgsql as $$
begin
    if lock_incarnation(p_incarnation) is null then
        return;
    end if;
    perform from uploads where id = p_upload for update;
    update extents p set synced = true
    from unnest(p_starts, p_lengths, p_files) c (start, length, file_id)
    where p.upload_id = p_upload and p.start = c.start and p.length = c.length and p.file_id = c.file_id and not p.synced;
end $$;
