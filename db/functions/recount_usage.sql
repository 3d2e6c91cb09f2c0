-- Corrects the usage that fsck has found wrong. Returns the number of tenants and subjects.
create function recount_usage() returns bigint language plpgsql as $$
declare
    v_count bigint;
begin
    perform lock_usage();
    insert into usage as n (tenant, subject, stored_bytes, files, open_uploads)
    select f.tenant, f.subject, f.summed_bytes - f.stored_bytes, f.summed_files - f.files, f.summed_open - f.open_uploads
    from usage_faults() f
    on conflict (tenant, subject) do update
    set stored_bytes = n.stored_bytes + excluded.stored_bytes, files = n.files + excluded.files,
        open_uploads = n.open_uploads + excluded.open_uploads;
    get diagnostics v_count = row_count;
    return v_count;
end $$;
