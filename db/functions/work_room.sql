-- How many more items with these keys may be worked on; null for any number. Right only while the caller holds the keys' rows.
create function work_room(p_keys text[]) returns int
language sql as $$
    select min(
        case when k.paused or k.not_before > now() then 0
             when k.at_once is null then null
             else greatest(0, k.at_once - (select count(*) from work w where w.state = 'leased' and w.keys @> array[k.key])::int)
        end)
    from work_keys k where k.key = any (p_keys)
$$;
