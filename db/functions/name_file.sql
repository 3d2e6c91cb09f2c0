-- Makes sure that the ledger names a file that is about to be recorded. False if the file must not be recorded any more: its row became a
-- tombstone meanwhile, or the file belongs to an earlier incarnation and no row names it (E4).
create function name_file(p_incarnation bigint, p_upload uuid, p_file uuid, p_kind smallint, p_file_incarnation bigint) returns boolean
language plpgsql as $$
declare
    f stored_files;
begin
    if p_file_incarnation = p_incarnation then
        insert into stored_files (id, upload_id, kind, incarnation, store)
        select p_file, p_upload, p_kind, i.id, i.store from incarnations i where i.id = p_incarnation
        on conflict (id) do nothing;
        if found then
            return true;
        end if;
    end if;
    select * into f from stored_files where id = p_file for update;
    return found and f.upload_id = p_upload and f.tombstone_at is null;
end $$;
