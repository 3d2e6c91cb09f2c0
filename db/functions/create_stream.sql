-- Creates a stream with the first record of its bytes. The usual one has all of them: its row and the row's place in every index are written
-- once. Any other goes the two ways that there are; so does a repetition.
create function create_stream(
    p_incarnation bigint, p_upload uuid, p_tenant text, p_subject text, p_protocol text, p_file_name text, p_content_type text, p_metadata text,
    p_protocol_state text, p_is_part boolean, p_slides boolean, p_size bigint, p_idle_allowance bigint, p_to bigint, p_segment uuid, p_kind smallint,
    p_hash_state bytea, p_sha256 bytea, p_final boolean)
returns table (outcome text, existing extents, upload upload_now)
language plpgsql set enable_seqscan = off set jit = off as $$
declare
    v_now bigint;
    u     uploads;
begin
    -- 1. There is no row yet that could be locked, and nothing to check.
    if own_incarnation(p_incarnation) is null then
        outcome := 'fenced';
        return next;
        return;
    end if;
    -- 4.
    if p_final and p_to = p_size then
        v_now := service_seconds();
        insert into uploads (id, tenant, subject, protocol, file_name, content_type, metadata, protocol_state, is_part, slides, size, idle_allowance, active_at,
                             incarnation, state, received_bytes, placed_bytes, hash_bytes, front_sha256, sha256, first_byte_at, last_byte_at,
                             completed_at, purge_at)
        values (p_upload, p_tenant, p_subject, p_protocol, p_file_name, p_content_type, p_metadata::json, p_protocol_state::json, p_is_part, p_slides, p_size,
                p_idle_allowance, v_now, p_incarnation, 'completed', p_to, p_to, p_to, p_sha256, p_sha256, now(), now(), now(),
                case when p_is_part then v_now + p_idle_allowance else v_now end)
        on conflict (id) do nothing
        returning * into u;
        if found then
            insert into stored_files (id, upload_id, kind, incarnation) values (p_segment, p_upload, p_kind, p_incarnation);
            insert into extents (upload_id, start, length, file_id, file_offset, placed, synced, incarnation, started_at)
            values (p_upload, 0, p_to, p_segment, 0, true, true, p_incarnation, now());
            insert into events (tenant, subject, upload_id, kind, data)
            values (p_tenant, p_subject, p_upload, 'created', jsonb_build_object('size', p_size)),
                   (p_tenant, p_subject, p_upload, 'completed', jsonb_build_object('size', p_size));
            outcome := 'recorded';
            upload := upload_seen(u, v_now);
            return next;
            return;
        end if;
    else
        perform create_upload(p_incarnation, p_upload, p_tenant, p_subject, p_protocol, p_file_name, p_content_type, p_metadata, p_protocol_state, p_is_part, p_slides,
                              p_size, null, p_idle_allowance, null, null);
    end if;
    return query
        select r.* from checkpoint_stream(p_incarnation, p_upload, 0, 0, p_to, p_segment, p_kind, p_incarnation, 0, p_hash_state, p_sha256, p_final) r;
end $$;
