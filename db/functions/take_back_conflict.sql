-- Records that the decision about a conflict was taken back. After leave, the pair forgets the path and asks again. Otherwise the side that
-- had lost has its content again: with one way it is left alone (p_id, p_version, p_size: as it is there now); with both ways the next look
-- finds it as a change. False if there is nothing to take back any more.
create function take_back_conflict(p_conflict uuid, p_id text, p_version text, p_size bigint) returns boolean language plpgsql as $$
declare
    s syncs;
    c sync_conflicts;
begin
    select o.* into s from syncs o join sync_conflicts x on x.sync = o.id where x.id = p_conflict for update of o;
    select * into c from sync_conflicts where id = p_conflict for update;
    if c.id is null or c.settled_at is null or c.taken_back_at is not null then
        return false;
    end if;
    update sync_conflicts set taken_back_at = now() where id = c.id;
    if c.answer = 'leave' then
        delete from sync_items where sync = s.id and path = c.path;
    elsif s.way = 'left_to_right' then
        update sync_items set right_id = p_id, right_version = p_version, right_size = p_size, right_sha256 = '\x'
        where sync = s.id and path = c.path;
    end if;
    update syncs set left_position = null, right_position = null where id = s.id;
    insert into sync_events (sync, kind, path) values (s.id, 'taken_back', c.path);
    if s.state <> 'paused' then
        perform add_work('sync', s.id);
        perform change_work('sync', s.id, now());
    end if;
    return true;
end $$;
