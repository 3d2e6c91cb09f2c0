-- Completes several open streams whose first checkpoint has all of their bytes. Completes none if one of them has changed since its writer
-- saw it; the caller then records them one by one.
create function complete_streams(p_incarnation bigint, p_checkpoints json) returns setof upload_now
language plpgsql set enable_seqscan = off set enable_hashjoin = off set enable_mergejoin = off set jit = off as $$
declare
    v_streams stream_checkpoint[] := array(select c from json_populate_recordset(null::stream_checkpoint, p_checkpoints) c);
    v_ids     uuid[] := array(select c.upload_id from unnest(v_streams) c);
    v_now     bigint;
    v_fit     uploads[];
begin
    -- 1. The incarnation of this process, which must not be fenced.
    if lock_incarnation(p_incarnation) is null then
        return;
    end if;
    -- 2. The uploads, in the order of their ids.
    perform from uploads where id = any (v_ids) order by id for update;
    -- 3. The rows are found by their primary keys alone: a plan made for an empty or a large ledger might otherwise scan an index.
    select array_agg(u) filter (
        where u.state in ('open', 'paused') and u.damaged_at is null and u.protocol <> 'session'
          and u.epoch = n.epoch and u.received_bytes = 0 and u.size = n.to_offset and coalesce(u.declared_sha256 = n.sha256, true))
    into v_fit
    from unnest(v_streams) n
    join uploads u on u.id = n.upload_id
    where u.id = any (v_ids);
    if coalesce(cardinality(v_fit), 0) < cardinality(v_ids) then
        return;
    end if;
    -- 4. The bytes, then what completes the uploads.
    v_now := service_seconds();
    perform add_segments(p_incarnation, v_streams);
    update uploads u
    set received_bytes = n.to_offset, placed_bytes = n.to_offset, hash_bytes = n.to_offset, hash_state = null, front_sha256 = n.sha256,
        consecutive_failures = 0, active_at = case when u.slides then v_now else u.active_at end,
        first_byte_at = coalesce(u.first_byte_at, now()), last_byte_at = now()
    from unnest(v_streams) n
    where u.id = n.upload_id and u.id = any (v_ids);
    return query
        select (upload_seen(d, v_now)).*
        from (select array_agg(f.id) as ids, array_agg(f.size) as sizes, array_agg(f.declared_sha256) as declared,
                     array_agg(n.sha256) as sha256
              from unnest(v_fit) f join unnest(v_streams) n on n.upload_id = f.id) s
        cross join lateral complete_uploads(s.ids, s.sizes, s.declared, s.sha256, v_now) d;
end $$;
