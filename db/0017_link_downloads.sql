-- How often a download was counted, so that fsck can compare a link's counter with the sum.
alter table link_downloads add column times bigint not null default 1;
update link_downloads d
set times = d.times + s.more
from (
    select distinct on (c.link) c.link, c.entry, c.client, l.downloads - count(*) over (partition by c.link) as more
    from link_downloads c join links l on l.id = c.link
    order by c.link, c.counted_at
) s
where d.link = s.link and d.entry = s.entry and d.client = s.client and s.more > 0;
