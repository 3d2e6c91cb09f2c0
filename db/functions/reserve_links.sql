-- Takes what new uploads need of the limits of their links. Returns those for which too little is left. An upload of unknown size takes as
-- much as the link allows one file; a joined upload gets what its parts had. The caller has inserted the uploads and holds their rows.
create function reserve_links(p_uploads uploads[]) returns uuid[] language plpgsql as $$
declare
    v_links   uuid[] := array(select distinct link_of(n.subject) from unnest(p_uploads) n where starts_with(n.subject, 'link:'));
    v_refused uuid[];
begin
    if cardinality(v_links) = 0 then
        return '{}';
    end if;
    perform from links where id = any (v_links) order by id for update;
    -- In a batch an upload is refused, too, when those before it in the batch leave too little; its creator then tries it by itself.
    with wanted as materialized (
        select n.id, l.id as link, n.is_part, n.parts, coalesce(n.size, least(l.max_size, l.max_bytes), 0) as share,
               (select coalesce(sum(p.bytes), 0) from link_uploads p where p.upload = any (n.parts) and p.link = l.id) as passed
        from unnest(p_uploads) n join links l on l.id = link_of(n.subject)
    ), summed as (
        select w.*, sum((not w.is_part)::int) over so_far as files, sum(w.is_part::int) over so_far as parts_so_far,
               sum(w.share - w.passed) over so_far as bytes
        from wanted w window so_far as (partition by w.link order by w.id)
    ), taken as materialized (
        select s.*
        from summed s join links l on l.id = s.link
        where link_lack(l, s.files, s.parts_so_far, s.bytes, s.share) is null
    ), passed as (
        update link_uploads set bytes = 0 where upload in (select unnest(t.parts) from taken t)
    ), added as (
        insert into link_uploads (upload, link, is_part, bytes) select t.id, t.link, t.is_part, t.share from taken t
    ), counted as (
        update links l set files = l.files + t.files, parts = l.parts + t.parts, bytes = l.bytes + t.bytes
        from (select link, count(*) filter (where not is_part) as files, count(*) filter (where is_part) as parts,
                     sum(share - passed) as bytes
              from taken group by link) t
        where l.id = t.link
    )
    select array_agg(w.id) into v_refused from wanted w where w.id not in (select t.id from taken t);
    return coalesce(v_refused, '{}') || array(
        select n.id from unnest(p_uploads) n
        where starts_with(n.subject, 'link:') and not exists (select from links l where l.id = link_of(n.subject)));
end $$;
