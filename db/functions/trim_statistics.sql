-- Removes figures by minute after two days, by hour after 90 days, and figures by day, rows of finished_uploads and ended transfers after
-- p_age. Returns how many rows were removed.
create function trim_statistics(p_age interval, p_limit int) returns int
language plpgsql as $$
declare
    v_width text;
    v_age   interval;
    v_total int := 0;
    v_count int;
    v_ids   uuid[];
begin
    for v_width, v_age in values ('minute', interval '2 days'), ('hour', interval '90 days'), ('day', p_age) loop
        delete from statistics where (width, tenant, start, kind, name) in (
            select s.width, s.tenant, s.start, s.kind, s.name from statistics s
            where s.width = v_width and s.start < now() - least(v_age, p_age) order by s.start limit p_limit for update skip locked);
        get diagnostics v_count = row_count;
        v_total := v_total + v_count;
    end loop;
    delete from finished_uploads where upload_id in (
        select f.upload_id from finished_uploads f where f.ended_at < now() - p_age
        order by f.ended_at, f.upload_id limit p_limit for update skip locked);
    get diagnostics v_count = row_count;
    v_total := v_total + v_count;
    v_ids := array(select t.id from transfers t where t.ended_at < now() - p_age order by t.ended_at limit p_limit);
    perform remove_transfers(v_ids);
    v_total := v_total + cardinality(v_ids);
    delete from statistics_batches b where exists (select from incarnations i where i.id = b.incarnation and i.fenced_at < now() - p_age);
    return v_total;
end $$;
