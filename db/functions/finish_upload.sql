-- Completes one session, or one upload that was joined from parts. The caller holds its row.
create function finish_upload(p_upload uuid, p_size bigint, p_declared bytea, p_sha256 bytea, p_subject text) returns void
language plpgsql as $$
declare
    u        uploads;
    v_unused uuid[];
begin
    select * into u
    from complete_uploads(array[p_upload], array[p_size], array[p_declared], array[p_sha256], service_seconds(), p_subject);
    perform drop_prefixes(p_upload, 0, 9223372036854775807);
    -- One chunk that is the whole file already is one file: nothing to merge.
    if u.protocol = 'session' and u.chunk_count = 1 and u.placed_bytes = 0 then
        update extents set placed = true where upload_id = p_upload;
        update uploads set placed_bytes = size where id = p_upload;
        with gone as (delete from assemblies where upload_id = p_upload returning file_id)
        select array_agg(gone.file_id) into v_unused from gone;
        if v_unused is not null then
            perform tombstone_files(v_unused);
        end if;
    end if;
end $$;
