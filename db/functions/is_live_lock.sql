-- Whether a lock of WebDAV still holds: its time on the service clock has not ended, or a request that began under it still runs.
create function is_live_lock(p_lock dav_locks) returns boolean language sql stable as $$
    select p_lock.expires_clock > service_seconds() or exists (
        select from dav_lock_uses u join incarnations i on i.id = u.incarnation
        where u.lock = p_lock.token and i.fenced_at is null and i.ended_at is null)
$$;
