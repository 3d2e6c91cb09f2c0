-- What its owner decides about a pair: pause, resume, run (look now), apply or leave (the answer to the question that has this digest).
-- False if there is no such pair, or if another question is open by now.
create function change_sync(p_sync uuid, p_what text, p_digest text default null) returns boolean
language plpgsql as $$
declare
    s syncs;
begin
    select * into s from syncs where id = p_sync for update;
    if s.id is null or (p_what in ('apply', 'leave') and s.question_digest is distinct from p_digest) then
        return false;
    end if;
    case p_what
    when 'pause' then
        update syncs set state = 'paused', wait = null, reason = null where id = s.id;
        perform withdraw_work('sync', array[s.id]);
        perform change_transfer(t.id, 'pause') from transfers t where t.id = s.transfer and t.ended_at is null;
    when 'resume' then
        update syncs set state = 'looking', wait = null, reason = null where id = s.id and state = 'paused';
        perform change_transfer(t.id, 'resume') from transfers t where t.id = s.transfer and t.ended_at is null;
    when 'run' then
        delete from sync_failures where sync = s.id;
    else
        update syncs set answer = p_what, answer_digest = p_digest where id = s.id;
    end case;
    insert into sync_events (sync, kind) values (s.id, p_what);
    if s.state is distinct from (select o.state from syncs o where o.id = s.id) then
        perform tell_sync(s.id);
    end if;
    if p_what <> 'pause' and (s.state <> 'paused' or p_what = 'resume') then
        perform add_work('sync', s.id);
        perform change_work('sync', s.id, now());
    end if;
    return true;
end $$;
