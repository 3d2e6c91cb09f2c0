-- Ends a file transfer whose time is over: one that nobody has begun within seven days, or that has moved no byte for a day. Returns the
-- seconds until it has to be looked at again; null where nothing is left to do.
create function expire_file_transfer(p_id uuid) returns bigint language plpgsql as $$
declare
    t     file_transfers := lock_file_transfer(p_id);
    v_end timestamptz := case t.status when 'in_progress' then least(t.expires_at, t.moved_at + interval '1 day') else t.expires_at end;
begin
    if t.status is null or t.status not in ('pending', 'in_progress') then
        return null;
    elsif v_end > now() then
        return ceil(extract(epoch from v_end - now()));
    end if;
    perform end_file_transfer(
        t, 'failed', 'expired', case t.status
            when 'in_progress' then 'No byte came for a day, or not all of them within seven days.'
            when 'pending' then 'Nobody has answered or sent it within seven days.' end);
    return null;
end $$;
