-- A stream is claimed, and its size or digest fixed, only as it was seen: where somebody else has claimed it since, whoever comes late changes nothing.
create function claim_stream(p_incarnation bigint, p_tenant text, p_upload uuid, p_epoch bigint) returns setof upload_now
language plpgsql set enable_seqscan = off set jit = off as $$
begin
    -- 1. and 2.
    if own_incarnation(p_incarnation) is not null then
        perform from uploads where id = p_upload and tenant = p_tenant for update;
        -- 3. and 4.
        update uploads set epoch = epoch + 1
        where id = p_upload and tenant = p_tenant and protocol <> 'session' and state in ('open', 'paused') and damaged_at is null and epoch = p_epoch;
        if found then
            return query select n.* from upload_now n where n.id = p_upload;
            return;
        end if;
    end if;
    return query select n.* from upload_now n where n.id = p_upload and n.tenant = p_tenant and n.epoch = p_epoch;
end $$;
