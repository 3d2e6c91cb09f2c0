-- Adds to what is counted: the only INSERT into usage. The caller holds the lock of lock_usage.
create function add_usage(p_wants usage_want[]) returns void
language plpgsql set enable_hashjoin = off set enable_mergejoin = off as $$
begin
    insert into usage as n (tenant, subject, stored_bytes, files, open_uploads)
    select w.tenant, s.subject, sum(w.stored_bytes), sum(w.files), sum(w.open_uploads)
    from unnest(p_wants) w cross join lateral (values (''), (w.subject), (w.maker)) s (subject)
    where s.subject is not null
    group by w.tenant, s.subject
    order by w.tenant, s.subject
    on conflict (tenant, subject) do update
    set stored_bytes = n.stored_bytes + excluded.stored_bytes, files = n.files + excluded.files,
        open_uploads = n.open_uploads + excluded.open_uploads;
end $$;
