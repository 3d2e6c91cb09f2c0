-- Locks the row of a file that is about to be recorded, so that it becomes no tombstone, and says whether it may be recorded.
create function lock_file(p_incarnation bigint, p_upload uuid, p_file uuid, p_file_incarnation bigint) returns boolean
language plpgsql as $$
begin
    perform from stored_files where id = p_file for update;
    return is_nameable(p_incarnation, p_upload, p_file, p_file_incarnation);
end $$;
