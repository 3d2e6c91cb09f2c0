-- What its owner decides about one conflict of a pair, if p_digest still names what both sides have. False if it does not any more, or if
-- another decision is being carried out.
create function decide_conflict(p_conflict uuid, p_answer text, p_digest text) returns boolean language plpgsql as $$
declare
    s syncs;
    c sync_conflicts;
begin
    select o.* into s from syncs o join sync_conflicts x on x.sync = o.id where x.id = p_conflict for update of o;
    select * into c from sync_conflicts where id = p_conflict for update;
    if c.id is null or c.settled_at is not null or c.digest <> p_digest then
        return false;
    end if;
    if c.answer <> p_answer and (s.state = 'copying' or exists (
            select from work w where w.kind = 'sync' and w.reference = s.id and w.state = 'leased')) then
        return false;
    end if;
    update sync_conflicts set answer = p_answer, answered_by = 'owner', answered_at = now() where id = c.id;
    insert into sync_events (sync, kind, path) values (s.id, p_answer, c.path);
    perform tell_sync_paths(s.id, array[c.path], 'owner', p_answer);
    if s.state <> 'paused' then
        update syncs set left_position = null, right_position = null where id = s.id;
        perform add_work('sync', s.id);
        perform change_work('sync', s.id, now());
    end if;
    return true;
end $$;
