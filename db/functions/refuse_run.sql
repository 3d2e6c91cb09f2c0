-- A run of a schedule that could not begin is a transfer that has failed with the reason, so that its owner is told as of any other.
create function refuse_run(p_schedule uuid, p_reason text) returns void language plpgsql as $$
declare
    v_id constant uuid := gen_random_uuid();
begin
    insert into transfers (
        id, tenant, subject, scopes, api_key, label, source, destination, target, target_name, options, state, reason, scanned, schedule,
        ended_at)
    select v_id, s.tenant, s.subject, s.scopes, s.api_key, coalesce(nullif(s.draft #>> '{draft,label}', ''), s.title),
           (s.draft #>> '{draft,source}')::uuid, (s.draft #>> '{draft,destination}')::uuid, s.draft #>> '{draft,folder}',
           coalesce(s.draft ->> 'folderName', ''), s.draft #> '{draft,options}', 'failed', p_reason, true, s.id, now()
    from transfer_schedules s where s.id = p_schedule;
    perform note_transfer(v_id, null, 'failed', p_reason);
    perform tell_transfer(v_id);
end $$;
