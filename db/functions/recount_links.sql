-- Corrects the counters of links that fsck has found wrong, and the rows that they sum up. Returns the number of links.
create function recount_links() returns bigint language plpgsql as $$
declare
    v_links uuid[] := array(select f.link from link_faults() f);
begin
    -- Reserving, giving back and counting a download lock the link's row, so each statement from here on sees all earlier changes.
    perform from links where id = any (v_links) order by id for update;
    delete from link_uploads r using link_takings() t where r.upload = t.upload and t.link = any (v_links) and not t.stays;
    insert into link_uploads (upload, link, is_part, bytes)
    select t.upload, t.link, t.is_part, t.bytes from link_takings() t where t.link = any (v_links) and t.recorded is null;
    update link_uploads r set bytes = t.bytes, is_part = t.is_part
    from link_takings() t
    where r.upload = t.upload and t.link = any (v_links) and (r.bytes, r.is_part) <> (t.bytes, t.is_part);
    update links l
    set files = f.summed_files, parts = f.summed_parts, bytes = f.summed_bytes, downloads = f.summed_downloads
    from link_faults() f
    where l.id = f.link and l.id = any (v_links);
    return cardinality(v_links);
end $$;
