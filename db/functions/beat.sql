-- Adds to the service clock what the incarnation's monotonic ticker has counted, and says that the incarnation is alive. No more is added
-- than has passed since the last addition by the database's clock: several services count the same seconds. Where that clock was set back,
-- one beat adds nothing. A beat without seconds leaves them to the next one.
create function beat(p_incarnation bigint, p_seconds double precision) returns boolean language plpgsql as $$
begin
    if lock_incarnation(p_incarnation) is null then
        return false;
    end if;
    if p_seconds > 0 then
        update service_clock
        set seconds = seconds + greatest(0, least(p_seconds, extract(epoch from clock_timestamp() - added_at))),
            added_at = clock_timestamp();
    end if;
    update heartbeats set beat_at = clock_timestamp(), seconds = (select c.seconds from service_clock c)
    where incarnation = p_incarnation;
    return true;
end $$;
