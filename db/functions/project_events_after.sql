-- Returns the events of a project after a number, in their order: at most p_most, and at most about 1 MiB, but at least one. An event has
-- up to 200 paths, so that the number of events alone limits nothing. The loop stops before the data of the remaining rows is read.
create function project_events_after(p_project uuid, p_since bigint, p_most int)
returns setof project_events language plpgsql stable as $$
declare
    e       project_events;
    v_bytes bigint := 0;
begin
    for e in
        select * from project_events x where x.project_id = p_project and x.sequence > p_since order by x.sequence limit p_most
    loop
        v_bytes := v_bytes + octet_length(e.data::text);
        return next e;
        exit when v_bytes > 1048576;
    end loop;
end $$;
