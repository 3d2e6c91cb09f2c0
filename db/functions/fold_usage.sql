-- Sums up the changes of what is used, so that there are never many. One process at a time.
create function fold_usage() returns void language plpgsql set enable_hashjoin = off set enable_mergejoin = off as $$
begin
    if not pg_try_advisory_xact_lock(7241180265391246) then
        return;
    end if;
    with gone as (delete from usage_changes returning *)
    insert into usage as n (tenant, subject, stored_bytes, files, open_uploads)
    select g.tenant, s.subject, sum(g.stored_bytes), sum(g.files), sum(g.open_uploads)
    from gone g cross join lateral (values (''), (g.subject), (g.maker)) s (subject)
    where s.subject is not null
    group by g.tenant, s.subject
    order by g.tenant, s.subject
    on conflict (tenant, subject) do update
    set stored_bytes = n.stored_bytes + excluded.stored_bytes, files = n.files + excluded.files,
        open_uploads = n.open_uploads + excluded.open_uploads;
end $$;
