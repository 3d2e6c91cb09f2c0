-- Takes what new uploads need of the limits of their links. Returns those for which too little is left, each with the outcome. An upload of
-- unknown size takes as much as the link allows one file; a joined upload gets what its parts had. The caller has inserted the uploads and
-- holds their rows.
create function reserve_links(p_uploads uploads[]) returns table (upload uuid, outcome text) language plpgsql as $$
declare
    u       uploads;
    l       links;
    v_share bigint;
    v_extra bigint;
begin
    if not exists (select from unnest(p_uploads) n where starts_with(n.subject, 'link:')) then
        return;
    end if;
    perform from links k where k.id = any (array(select link_of(n.subject) from unnest(p_uploads) n)) order by k.id for update;
    for u in select n.* from unnest(p_uploads) n where starts_with(n.subject, 'link:') order by n.id loop
        select * into l from links k where k.id = link_of(u.subject);
        v_share := coalesce(u.size, least(l.max_size, l.max_bytes), 0);
        v_extra := v_share - (
            select coalesce(sum(r.bytes), 0) from link_uploads r where r.upload = any (u.parts) and r.link = l.id);
        upload := u.id;
        outcome := link_lack(l, (not u.is_part)::int, u.is_part::int, v_extra, v_share);
        if outcome is not null then
            return next;
        else
            update link_uploads r set bytes = 0 where r.upload = any (u.parts) and r.link = l.id;
            insert into link_uploads (upload, link, is_part, bytes) values (u.id, l.id, u.is_part, v_share);
            update links k set files = k.files + (not u.is_part)::int, parts = k.parts + u.is_part::int, bytes = k.bytes + v_extra
            where k.id = l.id;
        end if;
    end loop;
end $$;
