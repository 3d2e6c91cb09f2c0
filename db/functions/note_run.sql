-- Records a run of a schedule whose row is locked, for the list of its last runs. A refusal that is repeated is one run.
create function note_run(p_schedule uuid, p_result text, p_reason text, p_transfer uuid) returns void
language plpgsql as $$
declare
    v_most constant int := 50;
    r      schedule_runs;
begin
    select * into r from schedule_runs where schedule = p_schedule order by number desc limit 1;
    if p_result = 'refused' and r.result is distinct from 'refused' then
        perform refuse_run(p_schedule, p_reason);
    end if;
    if p_result = 'refused' and r.result = 'refused' and r.reason is not distinct from p_reason then
        update schedule_runs set at = now() where schedule = p_schedule and number = r.number;
    else
        insert into schedule_runs (schedule, result, reason, transfer) values (p_schedule, p_result, p_reason, p_transfer);
        delete from schedule_runs
        where schedule = p_schedule and number <= (
            select o.number from schedule_runs o where o.schedule = p_schedule order by o.number desc offset v_most limit 1);
    end if;
    update transfer_schedules
    set last_at = now(), last_result = p_result, last_reason = p_reason, last_transfer = coalesce(p_transfer, last_transfer),
        runs = runs + (p_result = 'begun')::int, skipped = skipped + (p_result = 'skipped')::int
    where id = p_schedule;
end $$;
