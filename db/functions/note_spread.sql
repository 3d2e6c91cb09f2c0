-- Notes those of these uploads, which have just received all of their bytes, whose bytes lie on several nodes, or in the bucket in objects
-- of which more than half are small (SmallFiles.SmallBelow). They are gathered or joined after a minute, when they have been read for
-- checks and digests. A ledger with one store, as most have, is not searched. Parts are left out: what they are joined into takes over
-- their extents.
create function note_spread(p_uploads uploads[]) returns void language plpgsql as $$
declare
    v_disks   integer;
    v_buckets integer;
begin
    select count(*) filter (where kind <> 'bucket'), count(*) filter (where kind = 'bucket') into v_disks, v_buckets from stores;
    if v_disks > 1 then
        insert into spread_uploads (upload_id, store, due)
        select s.upload_id, (array_agg(s.store order by s.bytes desc, s.store))[1], service_seconds() + 60
        from (select p.upload_id, f.store, sum(p.length) as bytes
              from unnest(p_uploads) u join extents p on p.upload_id = u.id join stored_files f on f.id = p.file_id
                   join stores o on o.id = f.store and o.kind <> 'bucket'
              where not u.is_part group by p.upload_id, f.store) s
        group by s.upload_id having count(*) > 1
        on conflict (upload_id) do nothing;
    end if;
    if v_buckets > 0 then
        insert into spread_uploads (upload_id, store, due)
        select p.upload_id, o.id, service_seconds() + 60
        from unnest(p_uploads) u join extents p on p.upload_id = u.id join stored_files f on f.id = p.file_id
             join stores o on o.id = f.store and o.kind = 'bucket'
        where not u.is_part
        group by p.upload_id, o.id having count(*) > 1 and 2 * count(*) filter (where p.length < 7340032) > count(*)
        on conflict (upload_id) do nothing;
    end if;
end $$;
