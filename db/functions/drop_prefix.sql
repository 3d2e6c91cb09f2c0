-- Removes the prefix of one attempt; returns its file where no other row names it and it is in the caller's store.
create function drop_prefix(p_incarnation bigint, p_upload uuid, p_start bigint, p_attempt bigint) returns setof stored_files
language plpgsql as $$
begin
    -- 1. and 2.
    if lock_incarnation(p_incarnation) is null then
        return;
    end if;
    perform from uploads where id = p_upload for update;
    -- 3. and 4.
    if exists (select from prefixes where upload_id = p_upload and start = p_start and attempt = p_attempt) then
        return query
            select f.* from drop_prefixes(p_upload, p_start, p_start + 1) f
            where f.store = (select i.store from incarnations i where i.id = p_incarnation);
    end if;
end $$;
