-- An upload's size has become known: it takes exactly that of its link's limits. False if that is more than it had taken. The caller holds
-- the row of the upload.
create function settle_link(u uploads, p_size bigint) returns boolean language plpgsql as $$
declare
    r       link_uploads;
    v_bound boolean;
begin
    if p_size is null or u.size is not null or not starts_with(u.subject, 'link:') then
        return true;
    end if;
    select * into r from link_uploads where upload = u.id;
    select max_size is not null or max_bytes is not null into v_bound from links where id = r.link for update;
    if v_bound and p_size > r.bytes then
        return false;
    end if;
    update links set bytes = bytes - r.bytes + p_size where id = r.link;
    update link_uploads set bytes = p_size where upload = u.id;
    return true;
end $$;
