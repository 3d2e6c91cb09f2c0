-- Takes an upload out of quarantine: its stored bytes were verified. p_incarnation is null for fsck, which runs beside the service. A
-- completed upload whose SHA-256 was verified counts as flushed, whatever a power failure did (E31); else the next check of a stream of
-- several extents, which have no digests of their own, would quarantine it again.
create function lift_quarantine(p_incarnation bigint, p_upload uuid) returns void
language plpgsql as $$
declare
    u uploads;
begin
    if p_incarnation is not null and lock_incarnation(p_incarnation) is null then
        return;
    end if;
    select * into u from uploads where id = p_upload for update;
    if u.damaged_at is not null and is_present(u.state) then
        update uploads set damaged_at = null, damaged_reason = null where id = p_upload;
        if is_received(u.state) and u.sha256 is not null then
            update extents set synced = true where upload_id = p_upload and not synced;
        end if;
        perform add_events(array[u], 'mended', jsonb_build_object('reason', u.damaged_reason));
    end if;
end $$;
