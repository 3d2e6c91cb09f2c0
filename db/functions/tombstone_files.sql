-- Makes tombstones of those files that no extent, no prefix and no assembly names any more. Decides under the lock of the file, so that of
-- two uploads that let go of a shared file at once the second one sees it (E27).
create function tombstone_files(p_files uuid[]) returns setof stored_files language plpgsql as $$
begin
    perform from stored_files where id = any (p_files) order by id for update;
    return query
        update stored_files f set tombstone_at = now()
        where f.id = any (p_files) and f.tombstone_at is null
          and not exists (select from extents p where p.file_id = f.id offset 0)
          and not exists (select from prefixes x where x.upload_id = f.upload_id and x.file_id = f.id offset 0)
          and not exists (select from assemblies a where a.upload_id = f.upload_id and a.file_id = f.id offset 0)
        returning f.*;
end $$;
