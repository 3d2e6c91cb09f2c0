-- Once an upload's size is known, it takes exactly that much of its link's limits. The caller holds the row of the link through
-- link_exceeded.
create function settle_link(u uploads, p_size bigint) returns void language plpgsql as $$
begin
    if p_size is not null and u.size is null and starts_with(u.subject, 'link:') then
        update links l set bytes = l.bytes - r.bytes + p_size from link_uploads r where r.upload = u.id and l.id = r.link;
        update link_uploads set bytes = p_size where upload = u.id;
    end if;
end $$;
