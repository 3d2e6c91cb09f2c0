-- Inserts the rows of uploads that ended (p_stories) into finished_uploads, and adds the figures of the events up to a position. Returns
-- false, and changes nothing, if the events were counted already: by another process, or by this statement before its reply was lost.
create function count_endings(p_from_xid xid8, p_from_id bigint, p_xid xid8, p_id bigint, p_stories json, p_figures json) returns boolean
language plpgsql as $$
begin
    update statistics_position set xid = p_xid, id = p_id where xid = p_from_xid and id = p_from_id;
    if not found then
        return false;
    end if;
    insert into finished_uploads
    select s.* from json_populate_recordset(null::finished_uploads, p_stories) s join tenants t on t.name = s.tenant
    on conflict do nothing;
    perform add_statistics(p_figures);
    return true;
end $$;
