-- Names a file of this incarnation in the ledger, unless a row names it already. lock_file has allowed it.
create function name_file(p_incarnation bigint, p_upload uuid, p_file uuid, p_kind smallint) returns void language plpgsql as $$
begin
    insert into stored_files (id, upload_id, kind, incarnation, store)
    select p_file, p_upload, p_kind, i.id, i.store from incarnations i where i.id = p_incarnation
    on conflict (id) do nothing;
end $$;
