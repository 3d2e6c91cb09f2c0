-- Locks the row of a file that is about to be recorded. False if the file must not be recorded any more: its row became a tombstone
-- meanwhile, or no row names it and it belongs to an earlier incarnation (E4). A file that an extent names cannot become a tombstone.
create function lock_file(p_incarnation bigint, p_upload uuid, p_file uuid, p_file_incarnation bigint) returns boolean
language plpgsql as $$
declare
    f stored_files;
begin
    select * into f from stored_files where id = p_file for update;
    return case when found then f.upload_id = p_upload and f.tombstone_at is null else p_file_incarnation = p_incarnation end;
end $$;
