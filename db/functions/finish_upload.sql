-- Everything that is due when an upload becomes completed, by whichever way; the caller holds its row's lock.
create function finish_upload(p_upload uuid, p_size bigint, p_declared bytea, p_sha256 bytea, p_subject text) returns void language plpgsql as $$
declare
    u uploads;
begin
    update uploads
    set state = 'completed', state_at = now(), state_reason = null, completed_at = now(),
        -- A part is kept for being joined, not as a file.
        purge_at = case when is_part then active_at + idle_allowance else service_seconds() end,
        size = p_size, declared_sha256 = p_declared, sha256 = p_sha256
    where id = p_upload
    returning * into u;
    perform drop_prefixes(p_upload, 0, 9223372036854775807);
    -- One chunk that is the whole file already is one file: nothing to merge.
    if u.protocol = 'session' and u.chunk_count = 1 and u.placed_bytes = 0 then
        update extents set placed = true where upload_id = p_upload;
        update uploads set placed_bytes = size, assembly = null, assembly_incarnation = null where id = p_upload;
        if u.assembly is not null then
            perform tombstone_files(array[u.assembly]);
        end if;
    end if;
    perform add_event(u.tenant, coalesce(p_subject, u.subject), u.id, 'completed', jsonb_build_object('size', p_size));
end $$;
