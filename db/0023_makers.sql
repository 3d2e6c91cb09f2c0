-- What comes through a link takes up of the limits of the one who made the link, too.

-- The subject of the maker of the link that the upload came through; null: it came through none.
alter table uploads add column maker text;
alter table usage_changes add column maker text;

update uploads u set maker = l.made_by
from links l
where starts_with(u.subject, 'link:') and l.id = substr(u.subject, 6)::uuid;

insert into usage as n (tenant, subject, stored_bytes, files, open_uploads)
select u.tenant, u.maker,
       sum(case when u.counted_in is not null or (u.parts <> '{}' and u.state not in ('checking', 'completed')) then 0
                else coalesce(u.size, u.received_bytes) end),
       count(*) filter (where not u.is_part), count(*) filter (where u.state in ('open', 'paused', 'completing'))
from uploads u
where u.maker is not null and u.state in ('open', 'paused', 'completing', 'checking', 'completed')
group by u.tenant, u.maker
on conflict (tenant, subject) do update
set stored_bytes = n.stored_bytes + excluded.stored_bytes, files = n.files + excluded.files,
    open_uploads = n.open_uploads + excluded.open_uploads;
