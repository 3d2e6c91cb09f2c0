-- Records how far streams have come, and completes those of which the last byte is there. p_checkpoints is a JSON array of
-- stream_checkpoint, at most one for each upload; the answers have its order. p_uploads has those uploads that their first checkpoint
-- creates. Rows are found by their primary keys alone: a plan made for an empty or a large ledger might otherwise scan an index.
create function record_streams(p_incarnation bigint, p_uploads json, p_checkpoints json) returns table (outcome text, upload upload_now)
language plpgsql set enable_hashjoin = off set enable_mergejoin = off as $$
declare
    v_checkpoints stream_checkpoint[];
    v_ids         uuid[];
    v_now         bigint := service_seconds();
    v_durability  text;
    v_uploads     uploads[];
    v_made        uuid[] := '{}';
    v_whole       uuid[] := '{}';
    v_outcomes    text[];
    v_unsized     boolean;
    v_begin       boolean;
    v_end         boolean;
    v_full        record;
begin
    select array_agg(c), array_agg(c.upload_id) into v_checkpoints, v_ids
    from json_populate_recordset(null::stream_checkpoint, p_checkpoints) c;
    -- 1. The incarnation of this process, which must not be fenced.
    v_durability := lock_incarnation(p_incarnation);
    -- 2. The uploads. A new one with all of its bytes is inserted as completed and needs only its segment.
    if v_durability is not null and json_array_length(p_uploads) > 0 then
        v_uploads := array(select m from insert_uploads(p_incarnation, p_uploads, v_now) m);
        v_made := array(select m.id from unnest(v_uploads) m);
        v_whole := array(select m.id from unnest(v_uploads) m where m.state not in ('open', 'refused'));
    end if;
    if cardinality(v_made) < cardinality(v_ids) then
        v_uploads := v_uploads || array(
            select l.u
            from (select u from uploads u where u.id = any (v_ids) and u.id <> all (v_made) order by u.id for update) l);
    end if;
    -- 3. The checks. Null: to be recorded. A repeated checkpoint finds its own offset, digest and segment, and a repeated last one finds
    -- the upload completed.
    select array_agg(case
               when v_durability is null then 'fenced'
               when u.state = 'refused' then u.state_reason
               when u.id = any (v_whole) then null
               when u.id is null or u.state not in ('open', 'paused', 'completing', 'checking', 'completed') then 'refused'
               when u.epoch = c.epoch and u.received_bytes = c.to_offset and u.front_sha256 = c.sha256
                    and (c.to_offset = c.segment_start or e.file = c.segment)
                    and (u.state in ('checking', 'completed') or not c.final) then 'recorded'
               when u.state not in ('open', 'paused') or u.damaged_at is not null or u.protocol = 'session' then 'refused'
               when u.epoch <> c.epoch or u.received_bytes <> c.from_offset then 'conflict'
               when c.to_offset > u.size then 'beyond_size'
               -- The engine has checked the size and the digest; nothing is published if it has not.
               when c.final and (c.to_offset <> u.size or c.sha256 <> u.declared_sha256) then 'refused'
               -- A segment that begins at the recorded offset has no extent yet.
               when c.from_offset > c.segment_start and e.file is distinct from c.segment then 'conflict'
               when c.from_offset = c.segment_start and c.to_offset > c.from_offset
                    and not lock_file(p_incarnation, c.upload_id, c.segment, c.segment_incarnation) then 'conflict'
           end order by c.ordinality),
           bool_or(u.size is null), bool_or(c.from_offset = c.segment_start), bool_or(c.final and u.id <> all (v_whole))
    into v_outcomes, v_unsized, v_begin, v_end
    from unnest(v_checkpoints) with ordinality c
    left join unnest(v_uploads) u on u.id = c.upload_id
    cross join lateral (
        select (select p.file_id from extents p where p.upload_id = c.upload_id and p.start = c.segment_start) as file) e;
    -- Reserve: the bytes of an upload of unknown size are counted as they come.
    if v_unsized then
        for v_full in
            select r.* from reserve(array(
                select row(u.id, u.tenant, u.subject, u.maker, c.to_offset - c.from_offset, 0, 0)::usage_want
                from unnest(v_checkpoints) with ordinality c join unnest(v_uploads) u on u.id = c.upload_id
                where v_outcomes[c.ordinality] is null and u.size is null and c.to_offset > c.from_offset)) r
        loop
            v_outcomes[array_position(v_ids, v_full.upload)] := v_full.outcome;
        end loop;
    end if;
    -- 4. The changes.
    if num_nonnulls(variadic v_outcomes) > 0 then
        v_checkpoints := array(select v_checkpoints[n] from generate_subscripts(v_checkpoints, 1) n where v_outcomes[n] is null);
    end if;
    if v_begin then
        insert into stored_files (id, upload_id, kind, incarnation, store)
        select c.segment, c.upload_id, 2, i.id, i.store from incarnations i, unnest(v_checkpoints) c
        where i.id = p_incarnation and c.from_offset = c.segment_start and c.to_offset > c.from_offset
        on conflict (id) do nothing;
    end if;
    if cardinality(v_checkpoints) > 0 then
        -- The last flush of a segment is a real one in Relaxed too (E31).
        insert into extents as p (upload_id, start, length, file_id, file_offset, placed, synced, incarnation, started_at)
        select c.upload_id, c.segment_start, c.to_offset - c.segment_start, c.segment, 0, true, v_durability = 'committed' or c.final,
               p_incarnation, now()
        from unnest(v_checkpoints) c where c.to_offset > c.segment_start and (c.to_offset > c.from_offset or c.final)
        on conflict (upload_id, start) do update
        set length = excluded.length, synced = excluded.synced, incarnation = excluded.incarnation, received_at = now();
    end if;
    if cardinality(v_checkpoints) > cardinality(v_whole) then
        update uploads u
        set received_bytes = c.to_offset, placed_bytes = c.to_offset, hash_bytes = c.to_offset, front_sha256 = c.sha256,
            hash_state = case when c.final then null else c.hash_state end,
            consecutive_failures = 0, active_at = case when u.slides then v_now else u.active_at end,
            first_byte_at = case when c.to_offset > c.from_offset then coalesce(u.first_byte_at, now()) else u.first_byte_at end,
            last_byte_at = case when c.to_offset > c.from_offset then now() else u.last_byte_at end
        from unnest(v_checkpoints) c
        where u.id = c.upload_id and u.id = any (v_ids) and u.id <> all (v_whole);
    end if;
    if v_end then
        perform complete_uploads(
            array_agg(u.id), array_agg(u.size), array_agg(u.declared_sha256), array_agg(c.sha256), v_now)
        from unnest(v_checkpoints) c join unnest(v_uploads) u on u.id = c.upload_id
        where c.final and u.id <> all (v_whole)
        having count(*) > 0;
    end if;
    return query
        select coalesce(v_outcomes[i.ordinality], 'recorded'), n
        from unnest(v_ids) with ordinality i (id, ordinality) left join upload_now n on n.id = i.id and n.id = any (v_ids)
        order by i.ordinality;
end $$;
