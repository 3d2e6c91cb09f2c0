-- Removes the prefixes that begin inside a range; returns the files that no row names any more.
create function drop_prefixes(p_upload uuid, p_from bigint, p_to bigint) returns setof stored_files language plpgsql as $$
declare
    v_files uuid[];
begin
    with gone as (delete from prefixes where upload_id = p_upload and start >= p_from and start < p_to returning file_id)
    select array_agg(file_id) into v_files from gone;
    if v_files is not null then
        return query select f.* from tombstone_files(v_files) f;
    end if;
end $$;
