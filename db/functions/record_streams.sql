-- Records how far streams have come, and completes those of which the last byte is there. p_checkpoints is a JSON array of
-- stream_checkpoint, at most one for each upload; each is answered, with its place in the array. p_uploads has those uploads that their
-- first checkpoint creates. Rows are found by their primary keys alone: a plan made for an empty or a large ledger might otherwise scan an
-- index. A lone record in the middle of a stream is the most frequent call, so what it does not need is asked for first.
create function record_streams(p_incarnation bigint, p_uploads json, p_checkpoints json)
returns table (place bigint, outcome text, upload upload_now, excess quota_excess)
language plpgsql set enable_hashjoin = off set enable_mergejoin = off as $$
declare
    v_checkpoints stream_checkpoint[];
    v_ready       stream_checkpoint[];
    v_ids         uuid[];
    v_now         bigint := service_seconds();
    v_durability  text;
    v_made        upload_made[];
    v_new         uuid[] := '{}';
    v_whole       uuid[] := '{}';
    v_outcomes    text[];
    v_excess      quota_excess[];
    v_begin       uuid[];
    v_known       boolean;
    v_extend      boolean;
    v_unsized     boolean := false;
    v_end         boolean;
    v_answered    int := 0;
    r             record;
begin
    select array_agg(c), array_agg(c.upload_id), array_agg(c.segment) filter (where c.from_offset = c.segment_start),
           bool_or(c.segment_incarnation <> p_incarnation), bool_or(c.from_offset > c.segment_start), bool_or(c.final)
    into v_checkpoints, v_ids, v_begin, v_known, v_extend, v_end
    from json_populate_recordset(null::stream_checkpoint, p_checkpoints) c;
    -- 1. The incarnation of this process, which must not be fenced.
    v_durability := lock_incarnation(p_incarnation);
    -- 2. The uploads, and the files of new segments. A new upload with all of its bytes is inserted as completed: it needs only its
    -- segment, whose file nothing else can name.
    if v_durability is not null and json_array_length(p_uploads) > 0 then
        v_made := array(select m from insert_uploads(p_incarnation, p_uploads, v_now) m);
        v_new := array(select (m.made).id from unnest(v_made) m);
        v_whole := array(select (m.made).id from unnest(v_made) m where (m.made).state not in ('open', 'refused'));
    end if;
    if cardinality(v_whole) < cardinality(v_ids) then
        perform from uploads u where u.id = any (v_ids) and u.id <> all (v_new) order by u.id for update;
        if v_begin is not null then
            perform from stored_files f where f.id = any (v_begin) order by f.id for update;
            v_known := v_known or found;
        end if;
        -- 3. The checks. Null: to be recorded. A repeated checkpoint finds its own offset, digest and segment, whose extent ends there, and
        -- a repeated last one finds the upload completed. The first record of an upload makes its incarnation the writer.
        for r in
            select c.ordinality as place, u.size is null as unsized, case
                when v_durability is null then 'fenced'
                when u.id = any (v_whole) then null
                when u.id is null or u.state not in ('open', 'paused', 'completing', 'checking', 'completed') then 'refused'
                when u.epoch = c.epoch and coalesce(u.writer, p_incarnation) = p_incarnation
                     and u.received_bytes = c.to_offset and u.front_sha256 = c.sha256
                     and (c.to_offset = c.segment_start
                          or exists (select from extents x where x.upload_id = c.upload_id and x.start = c.segment_start
                                     and x.file_id = c.segment and x.length = c.to_offset - c.segment_start offset 0))
                     and (u.state in ('checking', 'completed') or not c.final) then 'recorded'
                when u.state not in ('open', 'paused') or u.damaged_at is not null or u.protocol = 'session' then 'refused'
                when u.epoch <> c.epoch or u.writer <> p_incarnation or u.received_bytes <> c.from_offset then 'conflict'
                when c.to_offset > u.size then 'beyond_size'
                -- The engine has checked the size and the digest; nothing is published if it has not.
                when c.final and (c.to_offset <> u.size or c.sha256 <> u.declared_sha256) then 'refused'
                -- A segment that begins at the recorded offset has no extent yet.
                when c.from_offset > c.segment_start and p.file_id is distinct from c.segment then 'conflict'
            end as outcome
            from unnest(v_checkpoints) with ordinality c
            left join uploads u on u.id = c.upload_id and u.id = any (v_ids)
            cross join lateral (
                select (select x.file_id from extents x where x.upload_id = c.upload_id and x.start = c.segment_start) as file_id) p
        loop
            v_outcomes[r.place] := r.outcome;
            v_unsized := v_unsized or r.unsized;
        end loop;
        -- A file of this incarnation that no row names is nameable.
        if v_begin is not null and v_known then
            for r in
                select c.ordinality as place from unnest(v_checkpoints) with ordinality c
                where v_outcomes[c.ordinality] is null and c.upload_id <> all (v_whole)
                      and c.from_offset = c.segment_start and c.to_offset > c.from_offset
                      and not is_nameable(p_incarnation, c.upload_id, c.segment, c.segment_incarnation)
            loop
                v_outcomes[r.place] := 'conflict';
            end loop;
        end if;
        for i in 1 .. coalesce(cardinality(v_made), 0) loop
            if (v_made[i].made).state = 'refused' then
                v_outcomes[array_position(v_ids, (v_made[i].made).id)] := (v_made[i].made).state_reason;
                v_excess[array_position(v_ids, (v_made[i].made).id)] := v_made[i].excess;
            end if;
        end loop;
    end if;
    -- Reserve: the bytes of an upload of unknown size are counted as they come.
    if v_unsized then
        for r in
            select q.* from reserve(array(
                select row(u.id, u.tenant, u.subject, u.maker, c.to_offset - c.from_offset, 0, 0)::usage_want
                from unnest(v_checkpoints) with ordinality c join uploads u on u.id = c.upload_id and u.id = any (v_ids)
                where v_outcomes[c.ordinality] is null and u.size is null and c.to_offset > c.from_offset)) q
        loop
            v_outcomes[array_position(v_ids, r.upload)] := 'quota';
            v_excess[array_position(v_ids, r.upload)] := r.excess;
        end loop;
    end if;
    -- 4. The changes.
    v_ready := v_checkpoints;
    if v_outcomes is not null and num_nonnulls(variadic v_outcomes) > 0 then
        v_ready := array(select v_checkpoints[n] from generate_subscripts(v_checkpoints, 1) n where v_outcomes[n] is null);
    end if;
    -- The last flush of a segment is a real one in Relaxed too (E31).
    if v_begin is not null then
        insert into stored_files (id, upload_id, kind, incarnation, store)
        select c.segment, c.upload_id, 2, i.id, coalesce(c.segment_store, i.store) from incarnations i, unnest(v_ready) c
        where i.id = p_incarnation and c.from_offset = c.segment_start and c.to_offset > c.from_offset
        on conflict (id) do nothing;
        insert into extents (upload_id, start, length, file_id, file_offset, placed, synced, incarnation, started_at)
        select c.upload_id, c.segment_start, c.to_offset - c.segment_start, c.segment, 0, true,
               v_durability = 'committed' or c.final or c.segment_store is not null, p_incarnation, now()
        from unnest(v_ready) c where c.from_offset = c.segment_start and c.to_offset > c.from_offset;
    end if;
    if v_extend then
        update extents p
        set length = c.to_offset - c.segment_start, synced = v_durability = 'committed' or c.final, incarnation = p_incarnation,
            received_at = now()
        from unnest(v_ready) c
        where p.upload_id = c.upload_id and p.start = c.segment_start and c.from_offset > c.segment_start
              and (c.to_offset > c.from_offset or c.final);
    end if;
    -- A stream that goes on is answered with the row that its change returns.
    if cardinality(v_ready) > cardinality(v_whole) then
        return query
            with changed as (
                update uploads u
                set writer = p_incarnation, received_bytes = c.to_offset, placed_bytes = c.to_offset, hash_bytes = c.to_offset,
                    front_sha256 = c.sha256, hash_state = case when c.final then null else c.hash_state end,
                    consecutive_failures = 0, active_at = case when u.slides then v_now else u.active_at end,
                    first_byte_at = case when c.to_offset > c.from_offset then coalesce(u.first_byte_at, now()) else u.first_byte_at end,
                    last_byte_at = case when c.to_offset > c.from_offset then now() else u.last_byte_at end
                from unnest(v_ready) c
                where u.id = c.upload_id and u.id = any (v_ids) and u.id <> all (v_whole)
                returning c.final, array_position(v_ids, u.id)::bigint as at, upload_seen(u, v_now) as now
            )
            select g.at, 'recorded', g.now, null::quota_excess from changed g where not g.final;
        get diagnostics v_answered = row_count;
    end if;
    if v_end and cardinality(v_ready) > cardinality(v_whole) then
        perform complete_uploads(
            array_agg(u.id), array_agg(u.size), array_agg(u.declared_sha256), array_agg(c.sha256), v_now)
        from unnest(v_ready) c join uploads u on u.id = c.upload_id and u.id = any (v_ids)
        where c.final and u.id <> all (v_whole)
        having count(*) > 0;
    end if;
    if v_answered < cardinality(v_ids) then
        return query
            select c.ordinality, coalesce(v_outcomes[c.ordinality], 'recorded'),
                   case when u.id is not null then upload_seen(u, v_now) end, v_excess[c.ordinality]
            from unnest(v_checkpoints) with ordinality c left join uploads u on u.id = c.upload_id and u.id = any (v_ids)
            where c.final or v_outcomes[c.ordinality] is not null;
    end if;
end $$;
