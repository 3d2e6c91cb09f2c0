-- Gives back what unfinished uploads and parts that end have taken of the limits of their links. A finished file keeps its share when it is
-- deleted; so purging the trash, which locks spaces before it frees files, locks no link. The caller holds the rows of the uploads and
-- passes them as they were.
create function release_links(p_uploads uploads[]) returns void language plpgsql as $$
declare
    v_links uuid[] := array(select distinct link_of(o.subject) from unnest(p_uploads) o 
        where starts_with(o.subject, 'link:') and (o.state <> 'completed' or o.is_part));
begin
    if cardinality(v_links) = 0 then
        return;
    end if;
    perform from links where id = any (v_links) order by id for update;
    -- A join that is not published gives its bytes back to its parts, which had passed them on.
    with back as (
        update link_uploads r set bytes = p.size
        from unnest(p_uploads) o join uploads p on p.id = any (o.parts) and p.counted_in = o.id and p.state = 'completed'
        where o.state = 'checking' and r.upload = p.id and r.bytes = 0
        returning r.link, r.bytes
    )
    update links l set bytes = l.bytes + b.bytes
    from (select link, sum(bytes) as bytes from back group by link) b where l.id = b.link;
    with gone as (
        delete from link_uploads r using unnest(p_uploads) o
        where r.upload = o.id and (o.state <> 'completed' or o.is_part)
        returning r.link, r.is_part, r.bytes
    )
    update links l set files = l.files - g.files, parts = l.parts - g.parts, bytes = l.bytes - g.bytes
    from (select link, count(*) filter (where not is_part) as files, count(*) filter (where is_part) as parts, sum(bytes) as bytes
          from gone group by link) g
    where l.id = g.link;
end $$;
