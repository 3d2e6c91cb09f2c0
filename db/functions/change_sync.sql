-- What its owner decides about a pair: pause, resume, run (look now), or the answer to the question that has this digest: apply, leave,
-- right, both. False if there is no such pair, or if another question is open by now.
create function change_sync(p_sync uuid, p_what text, p_digest text default null) returns boolean
language plpgsql as $$
declare
    s       syncs;
    v_paths text[];
begin
    select * into s from syncs where id = p_sync for update;
    if s.id is null or (p_what in ('apply', 'leave', 'right', 'both') and s.question_digest is distinct from p_digest) then
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
        update syncs set left_position = null, right_position = null where id = s.id;
        -- What its copies wait for may be there by now.
        perform change_transfer(t.id, 'resume') from transfers t
        where t.id = s.transfer and t.ended_at is null and s.state <> 'paused';
    else
        update syncs
        set answer = p_what, answer_digest = p_digest, state = case when state = 'needs_you' then 'looking' else state end
        where id = s.id;
        with answered as (
            update sync_conflicts set answer = p_what, answered_by = 'owner', answered_at = now()
            where sync = s.id and settled_at is null and answer is null and (s.question ->> 'conflicts')::int > 0 returning path
        )
        select array_agg(path order by path) into v_paths from answered;
        if v_paths is not null then
            perform tell_sync_paths(s.id, v_paths, 'owner', p_what);
        end if;
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
