-- Adds to the service clock what the incarnation's monotonic ticker has counted, and says that the incarnation is alive.
create function beat(p_incarnation bigint, p_seconds double precision) returns boolean language plpgsql as $$
begin
    if lock_incarnation(p_incarnation) is null then
        return false;
    end if;
    update heartbeats set beat_at = clock_timestamp() where incarnation = p_incarnation;
    update service_clock set seconds = seconds + greatest(p_seconds, 0);
    return found;
end $$;
