-- Counts what uploads take up or give back, whatever the limits are: the only INSERT into usage_changes but for fsck's. It belongs to every
-- transaction that creates, grows, completes or ends an upload.
create function count_usage(p_wants usage_want[]) returns void language plpgsql as $$
begin
    insert into usage_changes (tenant, subject, stored_bytes, files, open_uploads)
    select w.tenant, s.subject, sum(w.stored_bytes), sum(w.files), sum(w.open_uploads)
    from unnest(p_wants) w cross join lateral (values (''), (w.subject)) s (subject)
    group by w.tenant, s.subject
    having sum(w.stored_bytes) <> 0 or sum(w.files) <> 0 or sum(w.open_uploads) <> 0;
end $$;
