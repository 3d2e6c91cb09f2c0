-- Whether a size that becomes known now exceeds what the upload has taken of its link's limits. The caller holds the row of the upload, and
-- from here on also the row of the link.
create function link_exceeded(u uploads, p_size bigint) returns boolean language plpgsql as $$
declare
    v_bound boolean;
begin
    if p_size is null or u.size is not null or not starts_with(u.subject, 'link:') then
        return false;
    end if;
    select max_size is not null or max_bytes is not null into v_bound from links where id = link_of(u.subject) for update;
    return v_bound and p_size > (select r.bytes from link_uploads r where r.upload = u.id);
end $$;
