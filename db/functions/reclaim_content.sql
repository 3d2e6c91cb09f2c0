-- Frees one batch of an ended upload's content: the ledger first, then the disk (E3). Returns one row per tombstone to unlink, or one row
-- without a file; more says whether extents are left.
create function reclaim_content(p_incarnation bigint, p_upload uuid, p_limit int)
returns table (more boolean, store uuid, kind smallint, incarnation bigint, id uuid)
language plpgsql as $$
declare
    u       uploads;
    v_files uuid[];
    v_count int := 0;
begin
    -- 1.
    if lock_incarnation(p_incarnation) is null then
        return;
    end if;
    -- 2.
    select * into u from uploads up where up.id = p_upload for update;
    -- 3.
    if is_ended(u.state) and u.has_content then
        -- 4. Extents in batches; with the last batch whatever else the upload had.
        with gone as (
            delete from extents p
            where p.upload_id = p_upload
              and p.start in (select b.start from extents b where b.upload_id = p_upload order by b.start limit p_limit)
            returning p.file_id
        )
        select array_agg(distinct gone.file_id), count(*) into v_files, v_count from gone;
        if v_count < p_limit then
            delete from received_ranges r where r.upload_id = p_upload;
            delete from prefixes x where x.upload_id = p_upload;
            delete from assemblies a where a.upload_id = p_upload;
            delete from spread_uploads s where s.upload_id = p_upload;
            update uploads up set has_content = false, hash_state = null
            where up.id = p_upload;
            select coalesce(v_files, '{}') || coalesce(array_agg(f.id), '{}') into v_files
            from stored_files f where f.upload_id = p_upload and f.tombstone_at is null;
        end if;
        perform tombstone_files(v_files);
    end if;
    more := v_count >= p_limit;
    -- Also files that became tombstones before, and a shared file that another upload brought in. A file in another store waits for the
    -- service of that store.
    return query
        with free as (
            select f.store, f.kind, f.incarnation, f.id from stored_files f
            where (f.upload_id = p_upload or f.id = any (v_files)) and f.tombstone_at is not null and f.forget_at is null
              and f.store = (select i.store from incarnations i where i.id = p_incarnation)
            limit p_limit
        )
        select reclaim_content.more, free.store, free.kind, free.incarnation, free.id from (values (1)) one left join free on true;
end $$;
