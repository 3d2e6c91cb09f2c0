-- Incarnations, the service clock, and what every function below begins or ends with.
--
-- Each function that changes something goes in these steps, each a statement of its own: under READ COMMITTED a volatile function takes
-- a new snapshot per statement, so what is read after the locks is what is there under the locks (E8).
--   1. the own incarnation FOR SHARE, not fenced    2. the upload's row FOR UPDATE    3. the checks    4. the changes
-- They answer with a word and never raise for what can be expected, so that one row of a batch never fails the others (E11).
--
-- Their plans are kept for as long as a connection incarnations. One that was made while a table was tiny would walk through all of it when it
-- has grown; so they are made without sequential scans, whose notional cost in turn must not start the JIT compiler.

-- Durability of the incarnation that asks, locked against fencing until the end of the transaction; null when it is fenced.
create function own_incarnation(p_incarnation bigint) returns text language plpgsql as $$
declare
    v_durability text;
begin
    select durability into v_durability from incarnations where id = p_incarnation and fenced_at is null for share;
    return v_durability;
end $$;

create function begin_incarnation(p_node uuid, p_boot_id text, p_durability text) returns bigint language plpgsql as $$
declare
    v_incarnation bigint;
begin
    -- Two that begin at once: the later one sees and fences the earlier one.
    perform pg_advisory_xact_lock(hashtextextended(p_node::text, 0));
    insert into incarnations (node, boot_id, durability) values (p_node, p_boot_id, p_durability) returning id into v_incarnation;
    -- Waits for every transaction that holds its incarnation FOR SHARE.
    update incarnations set fenced_at = now() where node = p_node and id <> v_incarnation and fenced_at is null;
    return v_incarnation;
end $$;

-- One incarnation beats at a time. Another takes over when that one is fenced, or has not beaten for three beats of ten seconds; a wall clock
-- that leaps can at worst hand the beat over, never add to the clock.
create function beat(p_incarnation bigint, p_seconds double precision) returns boolean language plpgsql as $$
begin
    if own_incarnation(p_incarnation) is null then
        return false;
    end if;
    update service_clock c
    set seconds = seconds + greatest(p_seconds, 0), incarnation = p_incarnation, beat_at = now()
    where c.incarnation = p_incarnation
       or not exists (select from incarnations l where l.id = c.incarnation and l.fenced_at is null and l.ended_at is null)
       or abs(extract(epoch from now() - c.beat_at)) > 30;
    return found;
end $$;

create function service_seconds() returns bigint language sql stable as $$
    select floor(seconds)::bigint from service_clock where only_one
$$;

create function add_event(p_tenant text, p_subject text, p_upload uuid, p_kind text, p_data jsonb) returns void language sql as $$
    insert into events (tenant, subject, upload_id, kind, data) values (p_tenant, p_subject, p_upload, p_kind, jsonb_strip_nulls(p_data))
$$;

-- What callers get to see of an upload. New columns go to the end.
create view upload_now as
select u.id, u.tenant, u.subject, u.protocol, u.state, u.state_at, u.state_reason, u.file_name, u.content_type, u.metadata::text as metadata,
       u.size, u.declared_sha256, u.sha256, u.received_bytes, u.chunk_count, u.placed_bytes, u.hash_bytes, u.attempt_count, u.failure_count,
       u.consecutive_failures, u.created_at, u.first_byte_at, u.last_byte_at, u.completed_at, u.idle_allowance,
       greatest(0, service_seconds() - u.active_at) as idle_seconds, u.epoch, u.incarnation, u.damaged_at, u.assembly, u.assembly_incarnation,
       u.facts::text as facts, u.is_part, u.parts
from uploads u;

-- A file is free when no extent of any upload, no prefix and no assembly names it: it becomes a tombstone, which may be unlinked.
-- Decided under the file's lock, so that of two uploads that let go of a shared file at once the second one sees it (E27).
create function tombstone_files(p_files uuid[]) returns setof stored_files language plpgsql as $$
begin
    perform from stored_files where id = any (p_files) order by id for update;
    return query
        update stored_files f set tombstone_at = now()
        where f.id = any (p_files) and f.tombstone_at is null
          and not exists (select from extents p where p.file_id = f.id)
          and not exists (select from prefixes x where x.upload_id = f.upload_id and x.file_id = f.id)
          and not exists (select from uploads u where u.id = f.upload_id and u.assembly = f.id)
        returning f.*;
end $$;

-- Makes sure that the ledger names a file that is about to be recorded. False when it may not be recorded any more: it was given up
-- meanwhile, or it comes from an earlier incarnation and no row names it (E4).
create function name_file(p_incarnation bigint, p_upload uuid, p_file uuid, p_kind smallint, p_file_incarnation bigint) returns boolean language plpgsql as $$
declare
    f stored_files;
begin
    select * into f from stored_files where id = p_file for update;
    if found then
        return f.upload_id = p_upload and f.tombstone_at is null;
    end if;
    if p_file_incarnation <> p_incarnation then
        return false;
    end if;
    insert into stored_files (id, upload_id, kind, incarnation) values (p_file, p_upload, p_kind, p_file_incarnation);
    return true;
end $$;

-- Forgets the prefixes that begin inside a range; returns the files that are free by that.
create function drop_prefixes(p_upload uuid, p_from bigint, p_to bigint) returns setof stored_files language plpgsql as $$
declare
    v_files uuid[];
begin
    with gone as (delete from prefixes where upload_id = p_upload and start >= p_from and start < p_to returning file_id)
    select array_agg(file_id) into v_files from gone;
    if v_files is not null then
        return query select f.* from tombstone_files(v_files) f;
    end if;
end $$;
