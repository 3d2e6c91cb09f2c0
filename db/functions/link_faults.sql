-- The links whose counters differ from the sums of their uploads and downloads, or whose uploads have wrong recorded shares. One statement
-- reads both sides, so uploads that come and go meanwhile are not reported.
create function link_faults()
returns table (link uuid, title text, files bigint, parts bigint, bytes bigint, downloads bigint, summed_files bigint, summed_parts bigint,
               summed_bytes bigint, summed_downloads bigint)
language sql stable as $$
    with taken as (
        select t.link, count(*) filter (where t.stays and not t.is_part) as files, count(*) filter (where t.stays and t.is_part) as parts,
               coalesce(sum(t.bytes) filter (where t.stays), 0)::bigint as bytes,
               bool_or(t.recorded is distinct from case when t.stays then t.bytes end) as differs
        from link_takings() t group by t.link
    ), fetched as (
        select d.link, sum(d.times)::bigint as downloads from link_downloads d group by d.link
    ), both_sides as (
        select l.id, l.title, l.files as f, l.parts as p, l.bytes as b, l.downloads as d, coalesce(t.files, 0) as sf,
               coalesce(t.parts, 0) as sp, coalesce(t.bytes, 0) as sb, coalesce(c.downloads, 0) as sd,
               coalesce(t.differs, false) as differs
        from links l left join taken t on t.link = l.id left join fetched c on c.link = l.id
    )
    select id, title, f, p, b, d, sf, sp, sb, sd from both_sides where differs or (f, p, b, d) <> (sf, sp, sb, sd) order by id
$$;
