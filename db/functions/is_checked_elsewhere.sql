-- Whether a store's node leaves it to another one to read an upload as a whole, to check or to hash it: its first byte lies in another
-- store, or bytes of it lie in a store of no node. One that begins in the bucket is read by the node that
-- looks_after_bucket. A ledger with one store, as most have, is not searched.
create function is_checked_elsewhere(p_store uuid, p_upload uuid) returns boolean language plpgsql stable as $$
declare
    v_others uuid[];
    v_first  uuid;
    v_shared boolean;
begin
    if not exists (select from stores s where s.id <> p_store) then
        return false;
    end if;
    select f.store, coalesce(s.kind = 'bucket', false) into v_first, v_shared
    from extents p join stored_files f on f.id = p.file_id left join stores s on s.id = f.store
    where p.upload_id = p_upload order by p.start limit 1;
    if v_shared then
        if not looks_after_bucket(p_store) then
            return true;
        end if;
    elsif v_first <> p_store then
        return true;
    end if;
    v_others := array(
        select s.id from stores s
        where s.id <> p_store and s.kind <> 'bucket'
              and not exists (select from incarnations n where n.store = s.id and n.fenced_at is null));
    return v_others <> '{}' and exists (
        select from extents p join stored_files f on f.id = p.file_id where p.upload_id = p_upload and f.store = any (v_others));
end $$;
