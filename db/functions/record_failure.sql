-- Records a failed attempt to send bytes, for backoff and for the advisor.
create function record_failure(
    p_incarnation bigint, p_upload uuid, p_at timestamptz, p_kind text, p_start bigint, p_bytes bigint, p_kept bigint, p_duration_ms bigint)
returns void
language plpgsql as $$
declare
    u uploads;
begin
    if lock_incarnation(p_incarnation) is null then
        return;
    end if;
    update uploads
    set attempt_count = attempt_count + 1, failure_count = failure_count + 1, consecutive_failures = consecutive_failures + 1
    where id = p_upload returning * into u;
    if u.id is not null then
        insert into failed_attempts (upload_id, at, kind, start, bytes, kept, duration_ms)
        values (p_upload, p_at, p_kind, p_start, p_bytes, p_kept, p_duration_ms);
        -- A stream's takeover is recorded by what raises its epoch.
        if p_kind = 'taken-over' and u.protocol = 'session' then
            perform add_events(array[u], 'takeover', jsonb_build_object('offset', p_start));
        end if;
    end if;
end $$;
