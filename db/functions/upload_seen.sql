-- The row of the view upload_now, made of an upload whose row is at hand.
create function upload_seen(u uploads, p_now bigint) returns upload_now language sql immutable as $$
    select row((u).*, greatest(0, p_now - u.active_at))::upload_now
$$;
