-- Adds figures to the minute, the hour and the day of their time; without a time, of now. Figures of a tenant that is gone are dropped.
-- Rows are written in the order of their keys, so that two transactions cannot deadlock.
create function add_statistics(p_figures json) returns void language sql as $$
    insert into statistics (width, tenant, start, kind, name, value)
    select w.width, f.tenant, date_trunc(w.width, coalesce(f.at, now()), 'UTC') as start, f.kind, f.name, sum(f.value)
    from json_to_recordset(p_figures) f (tenant text, at timestamptz, kind text, name text, value bigint)
    join tenants t on t.name = f.tenant
    cross join (values ('minute'), ('hour'), ('day')) w (width)
    where f.value > 0
    group by w.width, f.tenant, start, f.kind, f.name
    order by w.width, f.tenant, start, f.kind, f.name
    on conflict (width, tenant, start, kind, name) do update set value = statistics.value + excluded.value
$$;
