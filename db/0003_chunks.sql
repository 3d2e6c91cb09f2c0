-- Chunks of sessions: recording, keeping the prefix of a broken one, taking back.

-- Missing bytes in [p_from, p_size), in order. Reads the run at p_from and p_limit + 1 runs behind its end, never all of them, nor the places
-- inside it where runs were before they joined it.
create function missing_ranges(p_upload uuid, p_protocol text, p_received bigint, p_from bigint, p_size bigint, p_limit int)
returns table (lo bigint, hi bigint) language sql stable as $$
    with at_from as (
        select r.lo, r.hi from received_ranges r where r.upload_id = p_upload and r.lo <= p_from order by r.lo desc limit 1
    ), runs as (
        select a.lo, a.hi from at_from a
        union all
        (select r.lo, r.hi from received_ranges r
         where r.upload_id = p_upload and r.lo > greatest(p_from, (select a.hi from at_from a)) order by r.lo limit p_limit + 1)
        union all
        -- A stream has one run. The case keeps it out for sessions, whose received_ranges are complete.
        select 0, p_received where p_protocol <> 'session' and p_received > 0
    ), gaps as (
        select greatest(p_from, lag(runs.hi, 1, 0::bigint) over (order by runs.lo)) as lo, runs.lo as hi from runs
        union all
        select greatest(p_from, (select coalesce(max(runs.hi), 0) from runs)), p_size where p_size is not null
    )
    select gaps.lo, gaps.hi from gaps where gaps.lo < gaps.hi order by gaps.lo limit p_limit
$$;

-- Adds [p_lo, p_hi) to the runs; it overlaps none, and its extent is there. Touches its two neighbours only. The run at the front is asked for
-- by its beginning, and another one is looked for only when an extent ends where this one begins: behind a front that has swallowed
-- thousands of runs the index holds their dead entries, until a vacuum comes.
create function add_range(p_upload uuid, p_lo bigint, p_hi bigint) returns void language plpgsql as $$
declare
    v_right bigint;
begin
    delete from received_ranges where upload_id = p_upload and lo = p_hi returning hi into v_right;
    update received_ranges set hi = coalesce(v_right, p_hi) where upload_id = p_upload and lo = 0 and hi = p_lo;
    if found then
        return;
    end if;
    if (select p.start + p.length = p_lo from extents p where p.upload_id = p_upload and p.start < p_lo order by p.start desc limit 1) then
        update received_ranges set hi = coalesce(v_right, p_hi)
        where upload_id = p_upload and lo = (select max(n.lo) from received_ranges n where n.upload_id = p_upload and n.lo < p_lo);
    else
        insert into received_ranges (upload_id, lo, hi) values (p_upload, p_lo, coalesce(v_right, p_hi));
    end if;
end $$;

-- Cuts [p_lo, p_hi) out of the runs.
create function cut_range(p_upload uuid, p_lo bigint, p_hi bigint) returns void language plpgsql as $$
begin
    with cut as (
        delete from received_ranges
        where upload_id = p_upload and hi > p_lo and lo < p_hi
          and lo >= coalesce((select max(n.lo) from received_ranges n where n.upload_id = p_upload and n.lo <= p_lo), 0)
        returning lo, hi
    )
    insert into received_ranges (upload_id, lo, hi)
    select p_upload, part.lo, part.hi
    from cut cross join lateral (values (cut.lo, least(cut.hi, p_lo)), (greatest(cut.lo, p_hi), cut.hi)) part (lo, hi)
    where part.lo < part.hi;
end $$;

-- Whether received bytes lie inside [p_lo, p_hi): extents do not overlap, so the last one that begins before p_hi decides.
create function overlaps_received(p_upload uuid, p_lo bigint, p_hi bigint) returns boolean language sql stable as $$
    select coalesce((select p.start + p.length > p_lo from extents p where p.upload_id = p_upload and p.start < p_hi order by p.start desc limit 1), false)
$$;

create function record_chunk(
    p_incarnation bigint, p_upload uuid, p_start bigint, p_length bigint, p_sha256 bytea,
    p_file uuid, p_kind smallint, p_file_incarnation bigint, p_started_at timestamptz)
returns table (outcome text, existing extents, upload upload_now)
language plpgsql set enable_seqscan = off set jit = off as $$
declare
    u            uploads;
    v_durability text;
begin
    -- 1. The own incarnation.
    v_durability := own_incarnation(p_incarnation);
    -- 2. The upload.
    select * into u from uploads where id = p_upload for update;
    -- 3. The checks. The same file again was recorded before: a lost reply is settled by repeating (E10).
    select * into existing from extents p where p.upload_id = p_upload and p.start = p_start;
    outcome := case
        when v_durability is null then 'fenced'
        when u.id is null or u.state not in ('open', 'paused', 'completing', 'completed') then 'refused'
        when existing.file_id = p_file then 'recorded'
        when existing.length = p_length and existing.sha256 = p_sha256 then 'duplicate'
        when overlaps_received(p_upload, p_start, p_start + p_length) then 'overlap'
        when u.state not in ('open', 'paused') or u.damaged_at is not null or u.protocol <> 'session' then 'refused'
        when p_start + p_length > u.size then 'beyond_size'
        when not name_file(p_incarnation, p_upload, p_file, p_kind, p_file_incarnation) then 'conflict'
    end;
    -- 4. The changes.
    if outcome is null then
        insert into extents (upload_id, start, length, file_id, file_offset, placed, synced, incarnation, sha256, attempts, started_at)
        select p_upload, p_start, p_length, p_file, 0, false, v_durability = 'committed', p_incarnation, p_sha256,
               1 + (select count(*) from failed_attempts a where a.upload_id = p_upload and a.start = p_start), p_started_at
        returning extents.* into existing;
        perform add_range(p_upload, p_start, p_start + p_length);
        perform drop_prefixes(p_upload, p_start, p_start + p_length);
        update uploads
        set received_bytes = received_bytes + p_length, chunk_count = chunk_count + 1, attempt_count = attempt_count + 1,
            consecutive_failures = 0, first_byte_at = coalesce(first_byte_at, p_started_at), last_byte_at = now(), active_at = service_seconds()
        where id = p_upload;
        outcome := 'recorded';
    end if;
    select n.* into upload from upload_now n where n.id = p_upload;
    return next;
end $$;

create function record_prefix(
    p_incarnation bigint, p_upload uuid, p_start bigint, p_length bigint, p_sha256 bytea, p_kept bigint, p_kept_sha256 bytea, p_hash_state bytea,
    p_file uuid, p_kind smallint, p_file_incarnation bigint, p_attempt bigint, p_claimed_attempt bigint, p_claimed_kept bigint)
returns boolean
language plpgsql set enable_seqscan = off set jit = off as $$
declare
    u uploads;
    x prefixes;
begin
    -- 1.
    if own_incarnation(p_incarnation) is null then
        return false;
    end if;
    -- 2.
    select * into u from uploads where id = p_upload for update;
    -- 3.
    select * into x from prefixes where upload_id = p_upload and start = p_start;
    if x.file_id = p_file and x.kept = p_kept and x.kept_sha256 = p_kept_sha256 then
        return true;                                                                        -- repeated
    end if;
    if u.id is null or u.state not in ('open', 'paused') or u.damaged_at is not null or u.protocol <> 'session'
       or p_start + p_kept > u.size or overlaps_received(p_upload, p_start, p_start + p_kept) then
        return false;
    end if;
    if p_claimed_attempt is not null then
        if x.attempt is distinct from p_claimed_attempt or x.kept is distinct from p_claimed_kept or p_kept < x.kept then
            return false;                                                                   -- somebody else has it
        end if;
    elsif x.kept >= p_kept and x.length is not distinct from p_length and x.sha256 is not distinct from p_sha256 then
        return false;                                                                       -- it keeps as much of the same chunk
    end if;
    if not name_file(p_incarnation, p_upload, p_file, p_kind, p_file_incarnation) then
        return false;
    end if;
    -- 4.
    insert into prefixes (upload_id, start, length, sha256, kept, kept_sha256, hash_state, file_id, attempt, incarnation)
    values (p_upload, p_start, p_length, p_sha256, p_kept, p_kept_sha256, p_hash_state, p_file, p_attempt, p_incarnation)
    on conflict (upload_id, start) do update
    set length = excluded.length, sha256 = excluded.sha256, kept = excluded.kept, kept_sha256 = excluded.kept_sha256,
        hash_state = excluded.hash_state, file_id = excluded.file_id, attempt = excluded.attempt, incarnation = excluded.incarnation, recorded_at = now();
    update stored_files set was_prefix = true where id = p_file and not was_prefix;
    if x.file_id <> p_file then
        perform tombstone_files(array[x.file_id]);
    end if;
    update uploads
    set first_byte_at = coalesce(first_byte_at, now()), last_byte_at = now(), active_at = service_seconds()
    where id = p_upload;
    return true;
end $$;

-- The prefix under a new attempt, or nothing when somebody else has it (E20). The caller chose the attempt at random, so that it knows
-- its own claim again when it repeats.
create function claim_prefix(p_incarnation bigint, p_upload uuid, p_start bigint, p_attempt bigint, p_kept bigint, p_new_attempt bigint)
returns setof prefixes
language plpgsql set enable_seqscan = off set jit = off as $$
begin
    -- 1. and 2.
    if own_incarnation(p_incarnation) is null then
        return;
    end if;
    perform from uploads where id = p_upload for update;
    -- 3. and 4.
    return query
        update prefixes x set attempt = p_new_attempt, incarnation = p_incarnation
        from uploads u
        where x.upload_id = p_upload and x.start = p_start and x.kept = p_kept and x.attempt in (p_attempt, p_new_attempt)
          and u.id = p_upload and u.state in ('open', 'paused') and u.damaged_at is null
        returning x.*;
end $$;

-- Forgets the prefix of one attempt; returns its file, where nothing else names it.
create function drop_prefix(p_incarnation bigint, p_upload uuid, p_start bigint, p_attempt bigint) returns setof stored_files
language plpgsql set enable_seqscan = off set jit = off as $$
begin
    -- 1. and 2.
    if own_incarnation(p_incarnation) is null then
        return;
    end if;
    perform from uploads where id = p_upload for update;
    -- 3. and 4.
    if exists (select from prefixes where upload_id = p_upload and start = p_start and attempt = p_attempt) then
        return query select f.* from drop_prefixes(p_upload, p_start, p_start + 1) f;
    end if;
end $$;

-- Takes the extents that begin in [p_lo, p_hi) out of a session, none of which reaches beyond.
create function take_back(p_upload uuid, p_lo bigint, p_hi bigint) returns int language plpgsql as $$
declare
    v_files  uuid[];
    v_count  int;
    v_bytes  bigint;
    v_placed bigint;
begin
    with gone as (delete from extents where upload_id = p_upload and start >= p_lo and start < p_hi returning length, placed, file_id)
    select array_agg(distinct file_id), count(*), sum(length), coalesce(sum(length) filter (where placed), 0)
    into v_files, v_count, v_bytes, v_placed from gone;
    if v_count = 0 then
        return 0;
    end if;
    perform cut_range(p_upload, p_lo, p_hi);
    perform tombstone_files(v_files);
    -- A digest that has gone through the range is worth nothing now.
    update uploads
    set received_bytes = received_bytes - v_bytes, placed_bytes = placed_bytes - v_placed, chunk_count = chunk_count - v_count,
        revision = revision + 1,
        hash_state = case when hash_bytes > p_lo then null else hash_state end,
        front_sha256 = case when hash_bytes > p_lo then null else front_sha256 end,
        hash_bytes = case when hash_bytes > p_lo then 0 else hash_bytes end
    where id = p_upload;
    return v_count;
end $$;

create function reopen_range(p_incarnation bigint, p_tenant text, p_upload uuid, p_start bigint, p_length bigint)
returns table (outcome text, upload upload_now)
language plpgsql set enable_seqscan = off set jit = off as $$
declare
    u     uploads;
    v_end bigint := p_start + p_length;
    v_cut boolean;
begin
    -- 1.
    if own_incarnation(p_incarnation) is null then
        outcome := 'fenced';
    end if;
    -- 2.
    select * into u from uploads where id = p_upload and tenant = p_tenant for update;
    -- 3. Extents do not overlap: only the last one before an edge can reach across it.
    v_cut := coalesce((select p.start + p.length > p_start from extents p where p.upload_id = p_upload and p.start < p_start order by p.start desc limit 1), false)
          or coalesce((select p.start + p.length > v_end from extents p where p.upload_id = p_upload and p.start < v_end order by p.start desc limit 1), false);
    outcome := case
        when outcome is not null then outcome
        when u.id is null then 'not_found'
        when u.state not in ('open', 'paused') then 'state'
        when u.damaged_at is not null then 'damaged'
        when u.protocol <> 'session' then 'wrong_protocol'
        when v_cut then 'overlap'
    end;
    -- 4.
    if outcome is null then
        outcome := case when take_back(p_upload, p_start, v_end) > 0 then 'ok' else 'no_such_range' end;
    end if;
    select n.* into upload from upload_now n where n.id = u.id;
    return next;
end $$;

-- A failed attempt, for backoff and for the advisor.
create function record_failure(
    p_incarnation bigint, p_upload uuid, p_at timestamptz, p_kind text, p_start bigint, p_bytes bigint, p_kept bigint, p_duration_ms bigint)
returns void
language plpgsql set enable_seqscan = off set jit = off as $$
begin
    if own_incarnation(p_incarnation) is null then
        return;
    end if;
    update uploads
    set attempt_count = attempt_count + 1, failure_count = failure_count + 1, consecutive_failures = consecutive_failures + 1
    where id = p_upload;
    if found then
        insert into failed_attempts (upload_id, at, kind, start, bytes, kept, duration_ms)
        values (p_upload, p_at, p_kind, p_start, p_bytes, p_kept, p_duration_ms);
    end if;
end $$;
