-- Publishes uploads that have just been completed, in any way: insert_uploads and complete_uploads call it with the new rows and give
-- their callers the rows that it returns. An upload with a target is published there; where that is refused it stays unfiled and says why.
create function publish_uploads(p_uploads uploads[], p_subject text default null) returns uploads[] language plpgsql as $$
declare
    v_space   uuid;
    v_refused bigint;
    v_count   bigint := 0;
begin
    perform add_events(p_uploads, 'completed', null, p_subject);
    for v_space in select distinct n.target_space from unnest(p_uploads) n where n.target_space is not null order by 1 loop
        update uploads u set target_space = null, unfiled_reason = r.reason
        from publish_in_space(v_space, array(select n from unnest(p_uploads) n where n.target_space = v_space), p_subject) r
        where u.id = r.upload;
        get diagnostics v_refused = row_count;
        v_count := v_count + v_refused;
    end loop;
    if v_count = 0 then
        return p_uploads;
    end if;
    return array(select u from unnest(p_uploads) n join uploads u on u.id = n.id);
end $$;
