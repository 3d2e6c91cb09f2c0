-- The same for those that are created with their bytes.
create function create_complete_streams(
    p_incarnation bigint, p_uploads uuid[], p_tenants text[], p_subjects text[], p_protocols text[], p_file_names text[], p_content_types text[],
    p_metadata text[], p_protocol_state text[], p_are_parts boolean[], p_slide boolean[], p_sizes bigint[], p_idle_allowances bigint[], p_segments uuid[],
    p_kind smallint, p_sha256 bytea[])
returns setof upload_now
language plpgsql set enable_seqscan = off set jit = off as $$
declare
    v_now bigint;
begin
    if own_incarnation(p_incarnation) is null then
        return;
    end if;
    v_now := service_seconds();
    insert into stored_files (id, upload_id, kind, incarnation)
    select n.segment, n.id, p_kind, p_incarnation from unnest(p_uploads, p_segments) n (id, segment);
    insert into extents (upload_id, start, length, file_id, file_offset, placed, synced, incarnation, started_at)
    select n.id, 0, n.size, n.segment, 0, true, true, p_incarnation, now() from unnest(p_uploads, p_sizes, p_segments) n (id, size, segment);
    return query
        with made as (
            insert into uploads (id, tenant, subject, protocol, file_name, content_type, metadata, protocol_state, is_part, slides, size, idle_allowance, active_at,
                                 incarnation, state, received_bytes, placed_bytes, hash_bytes, front_sha256, sha256, first_byte_at, last_byte_at,
                                 completed_at, purge_at)
            select n.id, n.tenant, n.subject, n.protocol, n.file_name, n.content_type, n.metadata::json, n.protocol_state::json, n.is_part, n.slides, n.size,
                   n.idle_allowance, v_now, p_incarnation, 'completed', n.size, n.size, n.size, n.sha256, n.sha256, now(), now(), now(),
                   case when n.is_part then v_now + n.idle_allowance else v_now end
            from unnest(p_uploads, p_tenants, p_subjects, p_protocols, p_file_names, p_content_types, p_metadata, p_protocol_state, p_are_parts, p_slide, p_sizes,
                        p_idle_allowances, p_sha256)
                 n (id, tenant, subject, protocol, file_name, content_type, metadata, protocol_state, is_part, slides, size, idle_allowance, sha256)
            returning *
        ), told as (
            insert into events (tenant, subject, upload_id, kind, data)
            select m.tenant, m.subject, m.id, k.kind, jsonb_build_object('size', m.size)
            from made m, (values (1, 'created'), (2, 'completed')) k (step, kind) order by k.step
        )
        select (upload_seen(m, v_now)).* from made m;
end $$;
