-- What many small uploads at once pay for: records of the same kind that a batch holds are made by one call. Each of these functions does for
-- several what the one for a single upload does in the usual case, and nothing at all where any of them is not the usual case: then the caller
-- goes that way, one by one.

create function create_uploads(
    p_incarnation bigint, p_uploads uuid[], p_tenants text[], p_subjects text[], p_protocols text[], p_file_names text[], p_content_types text[],
    p_metadata text[], p_facts text[], p_are_parts boolean[], p_slide boolean[], p_sizes bigint[], p_idle_allowances bigint[])
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
            insert into uploads (id, tenant, subject, protocol, file_name, content_type, metadata, facts, is_part, slides, size, idle_allowance, active_at,
                                 purge_at, incarnation)
            select n.id, n.tenant, n.subject, n.protocol, n.file_name, n.content_type, n.metadata::json, n.facts::json, n.is_part, n.slides, n.size,
                   n.idle_allowance, v_now, v_now + n.idle_allowance, p_incarnation
            from unnest(p_uploads, p_tenants, p_subjects, p_protocols, p_file_names, p_content_types, p_metadata, p_facts, p_are_parts, p_slide, p_sizes,
                        p_idle_allowances)
                 n (id, tenant, subject, protocol, file_name, content_type, metadata, facts, is_part, slides, size, idle_allowance)
            returning *
        ), told as (
            insert into events (tenant, subject, upload_id, kind, data)
            select m.tenant, m.subject, m.id, 'created', jsonb_strip_nulls(jsonb_build_object('size', m.size)) from made m
        )
        select (upload_seen(m, v_now)).* from made m;
end $$;

-- Streams whose first record has all of their bytes.
create function complete_streams(p_incarnation bigint, p_uploads uuid[], p_epochs bigint[], p_sizes bigint[], p_segments uuid[], p_kind smallint, p_sha256 bytea[])
returns setof upload_now
language plpgsql set enable_seqscan = off set jit = off as $$
declare
    v_now bigint;
    v_fit int;
begin
    -- 1.
    if own_incarnation(p_incarnation) is null then
        return;
    end if;
    -- 2. In the order of the array, which is by id.
    perform 1 from unnest(p_uploads) n (id) join uploads u on u.id = n.id for update of u;
    -- 3.
    select count(*) into v_fit
    from unnest(p_uploads, p_epochs, p_sizes, p_sha256) n (id, epoch, size, sha256)
    join uploads u on u.id = n.id
    where u.state in ('open', 'paused') and u.damaged_at is null and u.protocol <> 'session' and u.epoch = n.epoch and u.received_bytes = 0
      and u.size = n.size and coalesce(u.declared_sha256 = n.sha256, true);
    if v_fit < cardinality(p_uploads) then
        return;
    end if;
    -- 4.
    v_now := service_seconds();
    insert into stored_files (id, upload_id, kind, incarnation)
    select n.segment, n.id, p_kind, p_incarnation from unnest(p_uploads, p_segments) n (id, segment);
    insert into extents (upload_id, start, length, file_id, file_offset, placed, synced, incarnation, started_at)
    select n.id, 0, n.size, n.segment, 0, true, true, p_incarnation, now() from unnest(p_uploads, p_sizes, p_segments) n (id, size, segment);
    return query
        with done as (
            update uploads u
            set received_bytes = n.size, placed_bytes = n.size, hash_bytes = n.size, hash_state = null, front_sha256 = n.sha256, sha256 = n.sha256,
                consecutive_failures = 0, active_at = case when u.slides then v_now else u.active_at end, first_byte_at = coalesce(u.first_byte_at, now()),
                last_byte_at = now(), completed_at = now(), state = 'completed', state_at = now(), state_reason = null,
                purge_at = case when not u.is_part then v_now when u.slides then v_now + u.idle_allowance else u.active_at + u.idle_allowance end
            from unnest(p_uploads, p_sizes, p_sha256) n (id, size, sha256)
            where u.id = n.id
            returning u.*
        ), told as (
            insert into events (tenant, subject, upload_id, kind, data)
            select d.tenant, d.subject, d.id, 'completed', jsonb_build_object('size', d.size) from done d
        )
        select (upload_seen(d, v_now)).* from done d;
end $$;

-- The same for those that are created with their bytes.
create function create_complete_streams(
    p_incarnation bigint, p_uploads uuid[], p_tenants text[], p_subjects text[], p_protocols text[], p_file_names text[], p_content_types text[],
    p_metadata text[], p_facts text[], p_are_parts boolean[], p_slide boolean[], p_sizes bigint[], p_idle_allowances bigint[], p_segments uuid[],
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
            insert into uploads (id, tenant, subject, protocol, file_name, content_type, metadata, facts, is_part, slides, size, idle_allowance, active_at,
                                 incarnation, state, received_bytes, placed_bytes, hash_bytes, front_sha256, sha256, first_byte_at, last_byte_at,
                                 completed_at, purge_at)
            select n.id, n.tenant, n.subject, n.protocol, n.file_name, n.content_type, n.metadata::json, n.facts::json, n.is_part, n.slides, n.size,
                   n.idle_allowance, v_now, p_incarnation, 'completed', n.size, n.size, n.size, n.sha256, n.sha256, now(), now(), now(),
                   case when n.is_part then v_now + n.idle_allowance else v_now end
            from unnest(p_uploads, p_tenants, p_subjects, p_protocols, p_file_names, p_content_types, p_metadata, p_facts, p_are_parts, p_slide, p_sizes,
                        p_idle_allowances, p_sha256)
                 n (id, tenant, subject, protocol, file_name, content_type, metadata, facts, is_part, slides, size, idle_allowance, sha256)
            returning *
        ), told as (
            insert into events (tenant, subject, upload_id, kind, data)
            select m.tenant, m.subject, m.id, k.kind, jsonb_build_object('size', m.size)
            from made m, (values (1, 'created'), (2, 'completed')) k (step, kind) order by k.step
        )
        select (upload_seen(m, v_now)).* from made m;
end $$;
