-- Counts what uploads give back, and what they take up where no limit holds: the only INSERT into usage_changes. Rows are only inserted, so
-- no upload waits for another. What takes up more, and is not reserved, is counted by add_usage.
create function count_usage(p_wants usage_want[]) returns void language plpgsql as $$
begin
    insert into usage_changes (tenant, subject, maker, stored_bytes, files, open_uploads)
    select w.tenant, w.subject, w.maker, w.stored_bytes, w.files, w.open_uploads
    from unnest(p_wants) w
    where (w.stored_bytes, w.files, w.open_uploads) <> (0, 0, 0);
end $$;
