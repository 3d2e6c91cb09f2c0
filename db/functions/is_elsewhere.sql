-- Whether bytes of an upload lie in a store of no node of this ledger: neither in the caller's, nor in one of which an incarnation is not
-- fenced, nor in the bucket that all nodes share. A node or a bucket that does not answer now keeps its files. A ledger with one store, as
-- most have, is not searched.
create function is_elsewhere(p_incarnation bigint, p_upload uuid) returns boolean language plpgsql stable as $$
declare
    v_others uuid[] := array(
        select s.id from stores s
        where s.id <> (select i.store from incarnations i where i.id = p_incarnation) and s.kind <> 'bucket'
              and not exists (select from incarnations n where n.store = s.id and n.fenced_at is null));
begin
    if v_others = '{}' then
        return false;
    end if;
    return exists (
        select from extents p join stored_files f on f.id = p.file_id where p.upload_id = p_upload and f.store = any (v_others));
end $$;
