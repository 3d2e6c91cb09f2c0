-- Completes one session, or one upload that was joined from parts. The caller holds its row.
create function finish_upload(p_upload uuid, p_size bigint, p_declared bytea, p_sha256 bytea, p_subject text) returns void
language plpgsql as $$
declare
    u uploads;
begin
    select * into u
    from complete_uploads(array[p_upload], array[p_size], array[p_declared], array[p_sha256], service_seconds(), p_subject);
    perform drop_prefixes(p_upload, 0, 9223372036854775807);
    -- One chunk that is the whole file already is one file: nothing to merge.
    if u.protocol = 'session' and u.chunk_count = 1 and u.placed_bytes = 0 then
        update extents set placed = true where upload_id = p_upload;
        update uploads set placed_bytes = size, assembly = null, assembly_incarnation = null where id = p_upload;
        if u.assembly is not null then
            perform tombstone_files(array[u.assembly]);
        end if;
    end if;
end $$;
