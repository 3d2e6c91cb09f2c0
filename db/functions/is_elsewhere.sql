-- Whether bytes of an upload lie in another store than the caller's. A ledger with one store, as most have, is not searched.
create function is_elsewhere(p_incarnation bigint, p_upload uuid) returns boolean language plpgsql stable as $$
declare
    v_store uuid := (select store from incarnations where id = p_incarnation);
begin
    if not exists (select from stores s where s.id <> v_store) then
        return false;
    end if;
    return exists (
        select from extents p join stored_files f on f.id = p.file_id where p.upload_id = p_upload and f.store <> v_store);
end $$;
