-- Ends a look at a pair: records its state, what its owner is asked, and the transfer that copies, and looks again after p_pause. An answer
-- to another question than this one is dropped. A look that ends as paused was the only one of its pair, and both sides are the same.
-- conflicts of p_look: all that it found; missing: they were not looked for. False where the
-- lease is lost.
create function end_sync_look(
    p_incarnation bigint, p_work bigint, p_epoch bigint, p_sync uuid, p_look jsonb, p_pause interval)
returns boolean language plpgsql as $$
declare
    s     syncs;
    v_now syncs;
begin
    select * into s from syncs where id = p_sync for update;
    if s.id is null or not end_work(p_incarnation, p_work, p_epoch, p_pause) then
        return false;
    end if;
    v_now := jsonb_populate_record(s, p_look);
    update syncs
    set state = case when s.state = 'paused' then s.state else v_now.state end, wait = v_now.wait, reason = v_now.reason,
        question = v_now.question, question_digest = v_now.question_digest,
        answer = case when s.answer_digest = v_now.question_digest then s.answer end,
        answer_digest = case when s.answer_digest = v_now.question_digest then s.answer_digest end,
        transfer = v_now.transfer, sequence = v_now.sequence, right_sequence = v_now.right_sequence,
        left_out = v_now.left_out, restored = v_now.restored,
        left_position = v_now.left_position, right_position = v_now.right_position,
        items = (select count(*) from sync_items i where i.sync = s.id),
        looked_at = case when v_now.state in ('in_step', 'copying', 'needs_you', 'paused') then now() else s.looked_at end,
        listed_at = case when v_now.state in ('in_step', 'copying', 'needs_you', 'paused') then now() else s.listed_at end,
        in_step_at = case when v_now.state in ('in_step', 'paused') then now() else s.in_step_at end
    where id = s.id returning * into v_now;
    if p_look ? 'conflicts' then
        perform save_sync_conflicts(s.id, p_look -> 'conflicts', p_look -> 'undone');
    end if;
    if p_look ? 'found' then
        perform add_event(
            'sync_found', 'sync', replace(s.id::text, '-', ''), jsonb_build_object('title', s.title) || (p_look -> 'found'),
            s.tenant, s.subject);
    end if;
    if (v_now.state, v_now.wait, v_now.question_digest) is distinct from (s.state, s.wait, s.question_digest) then
        if v_now.state not in ('copying', 'looking') then
            insert into sync_events (sync, kind, text)
            values (s.id, case v_now.state when 'paused' then 'pause' else v_now.state end, v_now.reason);
        end if;
        perform tell_sync(s.id);
    end if;
    delete from sync_events where sync = s.id and at < now() - interval '30 days';
    delete from sync_conflicts where sync = s.id and settled_at < now() - interval '30 days';
    perform remove_transfers(array(
        select t.id from transfers t
        where t.sync = s.id and t.ended_at < now() - interval '1 day' and t.id is distinct from v_now.transfer));
    return true;
end $$;
