create function create_uploads(
    p_incarnation bigint, p_uploads uuid[], p_tenants text[], p_subjects text[], p_protocols text[], p_file_names text[], p_content_types text[],
    p_metadata text[], p_protocol_state text[], p_are_parts boolean[], p_slide boolean[], p_sizes bigint[], p_idle_allowances bigint[])
returns setof upload_now
language plpgsql set enable_seqscan = off set jit = off as $$
declare
    v_now bigint;
begin
    if own_incarnation(p_incarnation) is null then
        return;
    end if;
    v_now := service_seconds();
    -- A repetition finds its row and fails, and with it the batch.
    return query
        with made as (
            insert into uploads (id, tenant, subject, protocol, file_name, content_type, metadata, protocol_state, is_part, slides, size, idle_allowance, active_at,
                                 purge_at, incarnation)
            select n.id, n.tenant, n.subject, n.protocol, n.file_name, n.content_type, n.metadata::json, n.protocol_state::json, n.is_part, n.slides, n.size,
                   n.idle_allowance, v_now, v_now + n.idle_allowance, p_incarnation
            from unnest(p_uploads, p_tenants, p_subjects, p_protocols, p_file_names, p_content_types, p_metadata, p_protocol_state, p_are_parts, p_slide, p_sizes,
                        p_idle_allowances)
                 n (id, tenant, subject, protocol, file_name, content_type, metadata, protocol_state, is_part, slides, size, idle_allowance)
            returning *
        ), told as (
            insert into events (tenant, subject, upload_id, kind, data)
            select m.tenant, m.subject, m.id, 'created', jsonb_strip_nulls(jsonb_build_object('size', m.size)) from made m
        )
        select (upload_seen(m, v_now)).* from made m;
end $$;
