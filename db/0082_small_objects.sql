-- Finished uploads that lie in the bucket in objects of which more than half are small: they are joined (note_spread notes later ones).
insert into spread_uploads (upload_id, store, due)
select p.upload_id, o.id, 0
from stores o join stored_files f on f.store = o.id join extents p on p.file_id = f.id join uploads u on u.id = p.upload_id
where o.kind = 'bucket' and u.state = 'completed' and not u.is_part
group by p.upload_id, o.id having count(*) > 1 and 2 * count(*) filter (where p.length < 7340032) > count(*)
on conflict (upload_id) do nothing;
