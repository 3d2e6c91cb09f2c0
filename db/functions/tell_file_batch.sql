-- Tells the devices of a batch of file transfers that some of it is approved and waits to be sent: one event each, for the first file. What
-- was told already is not told again.
create function tell_file_batch(p_batch uuid) returns void language plpgsql as $$
declare
    t file_transfers;
begin
    for t in
        with told as (
            update file_transfers o set told_at = now()
            where o.batch_id = p_batch and o.status = 'pending' and o.approval = 'approved' and o.told_at is null
            returning o.*
        )
        select distinct on (source_device_id) * from told order by source_device_id, file_path
    loop
        perform tell_file_requested(t);
    end loop;
end $$;
