-- Names a file of this incarnation in the ledger, unless a row names it already. lock_file has allowed it. p_store is the bucket's; null:
-- the file lies in the store of this process.
create function name_file(p_incarnation bigint, p_upload uuid, p_file uuid, p_kind smallint, p_store uuid default null) returns void
language plpgsql as $$
begin
    insert into stored_files (id, upload_id, kind, incarnation, store)
    select p_file, p_upload, p_kind, i.id, coalesce(p_store, i.store) from incarnations i where i.id = p_incarnation
    on conflict (id) do nothing;
end $$;
