-- Names a durable, empty file to merge the chunks of the caller's store into (E22). A previous assembly there gets no more bytes, and keeps
-- what was merged into it.
create function set_assembly(p_incarnation bigint, p_upload uuid, p_file uuid, p_kind smallint, p_file_incarnation bigint) returns boolean
language plpgsql as $$
declare
    u          uploads;
    v_store    uuid;
    v_previous uuid;
begin
    -- 1.
    if lock_incarnation(p_incarnation) is null then
        return false;
    end if;
    select i.store into v_store from incarnations i where i.id = p_incarnation;
    -- 2.
    select * into u from uploads where id = p_upload for update;
    -- 3.
    select a.file_id into v_previous from assemblies a where a.upload_id = p_upload and a.store = v_store;
    if v_previous = p_file then
        return true;
    end if;
    if u.id is null or is_ended(u.state) or u.damaged_at is not null
        or u.protocol <> 'session'
       or not exists (select from extents p join stored_files f on f.id = p.file_id
                      where p.upload_id = p_upload and not p.placed and f.store = v_store)
       or not lock_file(p_incarnation, p_upload, p_file, p_file_incarnation) then
        return false;
    end if;
    -- 4.
    perform name_file(p_incarnation, p_upload, p_file, p_kind);
    insert into assemblies (upload_id, store, file_id) values (p_upload, v_store, p_file)
    on conflict (upload_id, store) do update set file_id = excluded.file_id;
    if v_previous is not null then
        perform tombstone_files(array[v_previous]);
    end if;
    return true;
end $$;
