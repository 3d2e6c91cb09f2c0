-- Why reserve_links has refused an upload in this transaction; null if it has not.
create function link_refusal(u uploads) returns text language plpgsql as $$
declare
    l       links;
    v_share bigint;
begin
    if not starts_with(u.subject, 'link:') then
        return null;
    end if;
    select * into l from links where id = link_of(u.subject) for update;
    v_share := coalesce(u.size, least(l.max_size, l.max_bytes), 0);
    return link_lack(
        l, (not u.is_part)::int, u.is_part::int,
        v_share - (select coalesce(sum(p.bytes), 0) from link_uploads p where p.upload = any (u.parts) and p.link = l.id), v_share);
end $$;
