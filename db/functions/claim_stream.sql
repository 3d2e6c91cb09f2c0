-- Raises a stream's epoch, so that the late checkpoints of its previous writer are rejected (E14). Only as the caller saw the stream: where
-- another writer has claimed it since, nothing changes and no row comes back.
create function claim_stream(p_incarnation bigint, p_tenant text, p_owner text, p_upload uuid, p_epoch bigint) returns setof upload_now
language plpgsql set enable_seqscan = off set jit = off as $$
declare
    u uploads;
begin
    -- 1. and 2.
    if own_incarnation(p_incarnation) is not null then
        u := lock_upload(p_upload, p_tenant, p_owner);
        -- 3. and 4.
        update uploads set epoch = epoch + 1
        where id = u.id and protocol <> 'session' and state in ('open', 'paused') and damaged_at is null and epoch = p_epoch;
        if found then
            perform add_events(array[u], 'takeover', '{}');
            return query select n.* from upload_now n where n.id = p_upload;
            return;
        end if;
    end if;
    return query
        select n.* from upload_now n
        where n.id = p_upload and n.tenant = p_tenant and n.epoch = p_epoch
          and sees_upload(p_owner, n.id, n.subject, n.state, n.target_space);
end $$;
