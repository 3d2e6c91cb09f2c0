-- What each kind has to do: due, due later or held back by a key, in work, and since when its oldest due item has been due. The keys of a
-- lane are looked at once, however many items it has.
create function work_counts()
returns table (kind text, due bigint, waiting bigint, running bigint, oldest interval) language sql stable as $$
    with lanes as (
        select w.kind, w.keys, w.state, count(*) as items, min(w.due_at) as first from work w group by w.kind, w.keys, w.state
    ), seen as (
        select l.*, l.state = 'ready' and exists (
                   select from work_keys k where k.key = any (l.keys) and (k.paused or k.not_before > now())) as is_held
        from lanes l
    )
    select s.kind, coalesce(sum(s.items) filter (where s.state = 'ready' and not s.is_held), 0)::bigint,
           coalesce(sum(s.items) filter (where s.state = 'waiting' or s.is_held), 0)::bigint,
           coalesce(sum(s.items) filter (where s.state = 'leased'), 0)::bigint,
           coalesce(now() - min(s.first) filter (where s.state = 'ready' and not s.is_held), interval '0')
    from seen s group by s.kind order by s.kind
$$;
