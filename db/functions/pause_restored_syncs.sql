-- Pauses all pairs after a restore from a backup: what they know is older than their sides. What was being copied for them is given up.
create function pause_restored_syncs() returns void language plpgsql as $$
begin
    perform from syncs order by id for update;
    perform withdraw_work('sync', array(select id from syncs));
    perform change_transfer(t.id, 'cancel') from (
        select t.id from transfers t join syncs s on s.id = t.sync where t.ended_at is null order by t.id for update of t) t;
    update syncs
    set state = 'paused', wait = null,
        reason = 'The service was restored from a backup, so this pair is older than its folders. Resume it when both are as they should '
            || 'be: it asks about all that only one of them has.',
        restored = true, question = null, question_digest = null, answer = null, answer_digest = null, left_position = null,
        right_position = null;
    insert into sync_events (sync, kind, text) select id, 'pause', reason from syncs;
end $$;
