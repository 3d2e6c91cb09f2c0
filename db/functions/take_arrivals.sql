-- Chooses what arrived for the next transfer of a schedule, and gives that transfer its id; those that were chosen before a kill come
-- again, with the id that they got then. Each has its path below the folder as it is now: null where it is not there any more. Nothing
-- where the lease is lost.
create function take_arrivals(
    p_incarnation bigint, p_work bigint, p_epoch bigint, p_schedule uuid, p_transfer uuid, p_most int)
returns table (number bigint, entry uuid, transfer uuid, path text)
language plpgsql as $$
declare
    v_folder   uuid;
    v_transfer uuid;
begin
    select s.folder into v_folder from transfer_schedules s where s.id = p_schedule for no key update;
    if v_folder is null or not hold_work(p_incarnation, p_work, p_epoch) then
        return;
    end if;
    select a.transfer into v_transfer from arrivals a
    where a.schedule = p_schedule and a.state = 'waiting' order by a.transfer is null, a.number limit 1;
    if v_transfer is null then
        v_transfer := p_transfer;
        update arrivals a set transfer = v_transfer
        where a.schedule = p_schedule and a.number in (
            select w.number from arrivals w where w.schedule = p_schedule and w.state = 'waiting' order by w.number limit p_most);
    end if;
    return query
        select a.number, a.entry, a.transfer, path_below(a.entry, v_folder)
        from arrivals a where a.schedule = p_schedule and a.state = 'waiting' and a.transfer = v_transfer order by a.number;
end $$;
