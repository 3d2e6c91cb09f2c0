-- Names a durable, empty file to merge chunks into (E22). A previous assembly gets no more bytes, and keeps what was merged into it.
create function set_assembly(p_incarnation bigint, p_upload uuid, p_file uuid, p_kind smallint, p_file_incarnation bigint) returns boolean
language plpgsql as $$
declare
    u uploads;
begin
    -- 1.
    if lock_incarnation(p_incarnation) is null then
        return false;
    end if;
    -- 2.
    select * into u from uploads where id = p_upload for update;
    -- 3.
    if u.assembly = p_file then
        return true;
    end if;
    if u.id is null or is_ended(u.state) or u.damaged_at is not null
        or u.protocol <> 'session'
       or not exists (select from extents p where p.upload_id = p_upload and not p.placed)
       or not lock_file(p_incarnation, p_upload, p_file, p_file_incarnation) then
        return false;
    end if;
    -- 4.
    perform name_file(p_incarnation, p_upload, p_file, p_kind);
    update uploads set assembly = p_file, assembly_incarnation = p_file_incarnation where id = p_upload;
    if u.assembly is not null then
        perform tombstone_files(array[u.assembly]);
    end if;
    return true;
end $$;
