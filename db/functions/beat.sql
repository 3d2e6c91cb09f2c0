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
