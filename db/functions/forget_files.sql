-- Records that the files of these tombstones are unlinked. Those of another data directory are refused: only its own service unlinks them.
-- Every node deletes those of the bucket.
-- The rows stay for some minutes of service, those of prefixes for a week: until then, a previous writer that still holds such a file open
-- is refused when it records it.
create function forget_files(p_incarnation bigint, p_files uuid[]) returns void
language plpgsql as $$
declare
    v_now bigint := service_seconds();
begin
    if lock_incarnation(p_incarnation) is null then
        return;
    end if;
    update stored_files set forget_at = v_now + case when was_prefix then 604800 else 600 end
    where id in (select f.id from stored_files f
                 where f.id = any (p_files) and f.tombstone_at is not null and f.forget_at is null
                   and (f.store = (select i.store from incarnations i where i.id = p_incarnation)
                        or exists (select from stores s where s.id = f.store and s.kind = 'bucket'))
                 order by f.id for update);
    delete from stored_files
    where id in (select f.id from stored_files f where f.forget_at <= v_now order by f.forget_at limit 2000 for update skip locked);
end $$;
