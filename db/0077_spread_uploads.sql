-- Finished uploads whose bytes lie in several stores: the node of the store that has the largest share gathers each of them into that store
-- when the service clock has reached due.
create table spread_uploads (
    upload_id uuid   primary key,
    store     uuid   not null,
    due       bigint not null
);
create index spread_uploads_due on spread_uploads (store, due);
insert into spread_uploads (upload_id, store, due)
select s.upload_id, (array_agg(s.store order by s.bytes desc, s.store))[1], 0
from (select p.upload_id, f.store, sum(p.length) as bytes
      from uploads u join extents p on p.upload_id = u.id join stored_files f on f.id = p.file_id
      where u.state = 'completed' and not u.is_part group by p.upload_id, f.store) s
where (select count(*) from stores) > 1
group by s.upload_id having count(*) > 1;
