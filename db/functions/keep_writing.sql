-- Records that these uploads are being written to though no byte is recorded yet, as while a chunk of an hour arrives (E29). Only uploads
-- that a purge could pick soon are touched. Locked rows are skipped, because they are being recorded.
create function keep_writing(p_incarnation bigint, p_uploads uuid[]) returns void
language plpgsql as $$
declare
    v_now bigint := service_seconds();
begin
    if lock_incarnation(p_incarnation) is null then
        return;
    end if;
    update uploads
    set active_at = case when slides then v_now else active_at end, last_byte_at = case when slides then last_byte_at else now() end
    where id in (select u.id from uploads u
                 where u.id = any (p_uploads) and takes_bytes(u.state) and u.purge_at <= v_now + 60
                 order by u.id for update skip locked);
end $$;
