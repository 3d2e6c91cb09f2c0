-- Ends an unfinished upload as cancelled, failed or expired, or deletes a finished one. A cancellation never destroys a file that was
-- completed meanwhile. An upload that has ended stays as it is. A stream's own writer gives the epoch that it claimed: where another writer
-- has claimed the stream since, or another process that may still run holds that epoch, nothing changes. Without an epoch any writer's
-- upload is ended.
create function end_upload(
    p_incarnation bigint, p_tenant text, p_owner text, p_subject text, p_upload uuid, p_epoch bigint, p_state text, p_reason text)
returns table (outcome text, upload upload_now)
language plpgsql as $$
declare
    u uploads;
begin
    -- 1.
    if lock_incarnation(p_incarnation) is null then
        outcome := 'fenced';
    end if;
    -- 2.
    u := lock_upload(p_upload, p_tenant, p_owner, p_subject);
    -- 3.
    outcome := case
        when outcome is not null then outcome
        when u.id is null then 'not_found'
        when is_present(u.state) and u.epoch <> p_epoch then 'taken_over'
        when is_present(u.state) and p_epoch is not null
             and exists (select from incarnations i where i.id = u.writer and i.id <> p_incarnation and i.fenced_at is null)
            then 'taken_over'
        when u.state = 'completed' and p_state <> 'deleted' then 'completed'
        when u.state in ('open', 'paused', 'completing', 'checking') and p_state = 'deleted' then 'not_completed'
        -- A published upload is a file in the tree. Only removing its entries deletes it.
        when u.state = 'completed' and u.target_space is not null then 'published'
        else 'ok'
    end;
    -- 4.
    if outcome = 'ok' and is_present(u.state) then
        perform end_uploads(array[u], p_state, p_reason, p_subject);
    end if;
    select n.* into upload from upload_now n where n.id = u.id;
    return next;
end $$;
