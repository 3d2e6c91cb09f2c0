-- Removes the prefixes that begin inside a range; returns the files that no row names any more. What a prefix kept that no chunk has taken
-- over was kept in vain: those bytes are sent again.
create function drop_prefixes(p_upload uuid, p_from bigint, p_to bigint) returns setof stored_files language plpgsql as $$
declare
    v_files uuid[];
begin
    with gone as (delete from prefixes where upload_id = p_upload and start >= p_from and start < p_to returning start, file_id),
    lost as (
        update failed_attempts a set kept = 0 from gone g
        where a.upload_id = p_upload and a.start = g.start and a.kept > 0
          and not exists (select from extents p where p.upload_id = p_upload and p.start = g.start and p.file_id = g.file_id)
    )
    select array_agg(file_id) into v_files from gone;
    if v_files is not null then
        return query select f.* from tombstone_files(v_files) f;
    end if;
end $$;
