-- Counts what uploads take up or give back, whatever the limits are: the only INSERT into usage_changes. It belongs to every transaction
-- that creates, grows, completes or ends an upload.
create function count_usage(p_wants usage_want[]) returns void language plpgsql as $$
begin
    insert into usage_changes (tenant, subject, maker, stored_bytes, files, open_uploads)
    select w.tenant, w.subject, w.maker, w.stored_bytes, w.files, w.open_uploads
    from unnest(p_wants) w
    where (w.stored_bytes, w.files, w.open_uploads) <> (0, 0, 0);
end $$;
