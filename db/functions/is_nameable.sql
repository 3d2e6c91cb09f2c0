-- Whether the ledger may name a file: a row names it for this upload and is no tombstone, or no row names it and it is of this incarnation
-- (E4). The caller holds the file's row. A file that an extent names cannot become a tombstone.
create function is_nameable(p_incarnation bigint, p_upload uuid, p_file uuid, p_file_incarnation bigint) returns boolean
language sql stable as $$
    select coalesce(
        (select f.upload_id = p_upload and f.tombstone_at is null from stored_files f where f.id = p_file),
        p_file_incarnation = p_incarnation)
$$;
