-- An append claims a stream as it has seen it: where somebody else has claimed it since, it has come too late, nothing rises and no row comes back. Without
-- an epoch it is claimed as it is.
drop function claim_stream(bigint, text, uuid);
create function claim_stream(p_incarnation bigint, p_tenant text, p_upload uuid, p_epoch bigint) returns setof upload_now
language plpgsql set enable_seqscan = off set jit = off as $$
declare
    v_claimed boolean := false;
begin
    -- 1. and 2.
    if own_incarnation(p_incarnation) is not null then
        perform from uploads where id = p_upload and tenant = p_tenant for update;
        -- 3. and 4.
        update uploads set epoch = epoch + 1
        where id = p_upload and tenant = p_tenant and protocol <> 'session' and state in ('open', 'paused') and damaged_at is null
          and epoch = coalesce(p_epoch, epoch);
        v_claimed := found;
    end if;
    return query select n.* from upload_now n where n.id = p_upload and n.tenant = p_tenant and (v_claimed or n.epoch = coalesce(p_epoch, n.epoch));
end $$;
