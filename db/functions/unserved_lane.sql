-- Whether a lane of the same kind waits for a worker although it comes before the lane of this item: it has a higher priority, or none of
-- its items is in work. Asked while all workers of the kind are busy.
create function unserved_lane(p_work bigint) returns boolean language sql stable as $$
    select exists (
        select from work w left join incarnations i on i.id = w.holder cross join lateral work_lanes(array[w.kind], array[1], i.node) l
        where w.id = p_work and l.keys <> w.keys and l.priority >= w.priority
              and (l.priority > w.priority
                   or not exists (select from work o where o.state = 'leased' and o.kind = l.kind and o.keys = l.keys)))
$$;
