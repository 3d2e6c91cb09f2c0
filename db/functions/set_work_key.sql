-- Sets the limits of a key; what is null stays. At most p_at_once items with it are worked on at once, 0 for any number. p_not_before only
-- moves later, so that of several workers who were told to wait the longest wait counts; -infinity ends the wait.
create function set_work_key(
    p_key text, p_at_once int default null, p_paused boolean default null, p_not_before timestamptz default null)
returns void language sql as $$
    insert into work_keys as k (key, at_once, paused, not_before)
    values (p_key, nullif(p_at_once, 0), coalesce(p_paused, false), nullif(p_not_before, '-infinity'))
    on conflict (key) do update
    set at_once = case when p_at_once is null then k.at_once else nullif(p_at_once, 0) end,
        paused = coalesce(p_paused, k.paused),
        not_before = case when p_not_before = '-infinity' then null else greatest(k.not_before, p_not_before) end
$$;
