-- Adds a row to the story of a project and returns its number. The caller holds the row of the project. Old rows go, a few at a time.
create function add_project_event(p_project uuid, p_type text, p_device uuid, p_subject text, p_data jsonb) returns bigint
language plpgsql as $$
declare
    v_sequence bigint;
begin
    update projects set sequence = sequence + 1 where id = p_project returning sequence into v_sequence;
    insert into project_events (project_id, sequence, type, device_id, subject, data)
    values (p_project, v_sequence, p_type, p_device, p_subject, p_data);
    delete from project_events e
    where e.project_id = p_project and e.created_at < now() - interval '30 days'
          and e.sequence in (select o.sequence from project_events o where o.project_id = p_project order by o.sequence limit 100);
    return v_sequence;
end $$;
