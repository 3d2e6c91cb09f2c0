-- Records what became of a run of a schedule, and queues the next one; without a next time it is done. Where it was changed meanwhile, its
-- new times stay. False where the lease is lost.
create function run_schedule(
    p_incarnation bigint, p_work bigint, p_epoch bigint, p_schedule uuid, p_due timestamptz, p_result text, p_reason text, p_transfer uuid,
    p_next timestamptz)
returns boolean language plpgsql as $$
begin
    perform from transfer_schedules where id = p_schedule for update;
    if not end_work(p_incarnation, p_work, p_epoch) then
        return false;
    end if;
    update transfer_schedules
    set last_at = now(), last_result = p_result, last_reason = p_reason, last_transfer = coalesce(p_transfer, last_transfer),
        runs = runs + (p_result = 'begun')::int, skipped = skipped + (p_result = 'skipped')::int, next_at = p_next,
        enabled = enabled and p_next is not null
    where id = p_schedule and next_at = p_due;
    if found and p_next is not null then
        perform add_work('transfer_schedule', p_schedule, '{}', p_next);
    end if;
    return true;
end $$;
