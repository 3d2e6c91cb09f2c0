-- Records what became of what was chosen for a transfer of a schedule: begun, left out each with its reason, or refused, so that it waits
-- for the next attempt. False where the lease is lost.
create function end_arrivals(
    p_incarnation bigint, p_work bigint, p_epoch bigint, p_schedule uuid, p_transfer uuid, p_begun boolean, p_reason text,
    p_left bigint[], p_reasons text[], p_pause interval)
returns boolean language plpgsql as $$
declare
    v_most constant int := 500;
begin
    perform from transfer_schedules where id = p_schedule for no key update;
    if not hold_work(p_incarnation, p_work, p_epoch) then
        return false;
    end if;
    if p_reason is null then
        update arrivals a set state = 'left_out', transfer = null, reason = l.reason
        from unnest(p_left, p_reasons) l (number, reason) where a.schedule = p_schedule and a.number = l.number;
        -- After a kill, the transfer alone tells what was left out.
        update arrivals a
        set state = case when g.goes then 'begun' else 'left_out' end,
            reason = case when not g.goes then 'It was left out, or gone before its turn.' end
        from (
            select w.number,
                   replace(w.entry::text, '-', '') in (select i.source_id from transfer_items i where i.transfer = p_transfer) as goes
            from arrivals w where w.schedule = p_schedule and w.transfer = p_transfer and w.state = 'waiting') g
        where a.schedule = p_schedule and a.number = g.number;
    end if;
    if p_begun or p_reason is not null then
        perform note_run(
            p_schedule, case when p_begun then 'begun' else 'refused' end, p_reason, case when p_begun then p_transfer end);
    end if;
    delete from arrivals
    where schedule = p_schedule and state <> 'waiting' and number <= (
        select a.number from arrivals a where a.schedule = p_schedule order by a.number desc offset v_most limit 1);
    return end_work(
        p_incarnation, p_work, p_epoch,
        case when p_reason is not null then p_pause
             when exists (select from arrivals where schedule = p_schedule and state = 'waiting') then interval '0' end,
        p_reason is not null);
end $$;
