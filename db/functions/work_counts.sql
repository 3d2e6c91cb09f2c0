-- What each kind has to do: due, due later, in work, and since when its oldest due item has been due.
create function work_counts()
returns table (kind text, due bigint, waiting bigint, running bigint, oldest interval) language sql stable as $$
    select w.kind, count(*) filter (where w.state = 'ready'), count(*) filter (where w.state = 'waiting'),
           count(*) filter (where w.state = 'leased'),
           coalesce(now() - min(w.due_at) filter (where w.state = 'ready'), interval '0')
    from work w group by w.kind order by w.kind
$$;
