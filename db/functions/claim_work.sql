-- Leases items that are due, as wake_work has left them: of each kind at most so many, each until its lease ends. Call it again while it
-- returns rows and more can be worked on: one call takes the highest priority only, and the same share of each lane. Several processes may
-- call it at once: the rows of the keys are locked before what their limits leave is counted. Rows are found by their primary keys alone:
-- a plan made for a large share of the table might otherwise scan an index.
create function claim_work(p_incarnation bigint, p_kinds text[], p_leases interval[], p_limits int[]) returns setof work
language plpgsql set enable_hashjoin = off set enable_mergejoin = off as $$
declare
    v_lanes work_lane[];
    v_lane  work_lane;
    v_left  int[] := p_limits;
    v_kind  int;
    v_taken int;
begin
    -- 1.
    if lock_incarnation(p_incarnation) is null then
        return;
    end if;
    v_lanes := array(
        select l from incarnations i cross join work_lanes(p_kinds, p_limits, i.node) l where i.id = p_incarnation);
    -- 2.
    perform from work_keys k
    where k.key = any (array(select u.key from unnest(v_lanes) l cross join unnest(l.keys) u (key)))
    order by k.key for update;
    -- 3. and 4. One lane after the other, as two of them may share a key.
    foreach v_lane in array v_lanes loop
        v_kind := array_position(p_kinds, v_lane.kind);
        return query
            with first as (
                select w.id from work w
                where w.kind = v_lane.kind and w.keys = v_lane.keys and w.state = 'ready' and w.priority = v_lane.priority
                order by w.position, w.due_at, w.id
                limit least(work_room(v_lane.keys), v_lane.share, v_left[v_kind]) for update skip locked
            )
            update work w set state = 'leased', epoch = w.epoch + 1, holder = p_incarnation, due_at = now() + p_leases[v_kind]
            from first f where w.id = f.id returning w.*;
        get diagnostics v_taken = row_count;
        v_left[v_kind] := v_left[v_kind] - v_taken;
    end loop;
end $$;
