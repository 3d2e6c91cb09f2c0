-- The bytes that an upload takes up: its declared size, or what it has received while that is unknown. An ended upload takes up nothing.
-- Nor does a part whose bytes count for the upload that was joined from it, nor an upload that waits for its parts.
create function counted_bytes(u uploads) returns bigint language sql immutable as $$
    select case
        when is_ended(u.state) or u.counted_in is not null
             or (u.parts <> '{}' and not is_received(u.state)) then 0
        else coalesce(u.size, u.received_bytes)
    end
$$;
