-- Fixes a size or a digest that was not known at creation. Only the writer that holds the epoch may do so.
create function declare_upload(
    p_incarnation bigint, p_tenant text, p_owner text, p_upload uuid, p_epoch bigint, p_size bigint, p_sha256 bytea)
returns table (outcome text, upload upload_now, excess quota_excess)
language plpgsql as $$
declare
    u uploads;
begin
    -- 1.
    if lock_incarnation(p_incarnation) is null then
        outcome := 'fenced';
    end if;
    -- 2.
    u := lock_upload(p_upload, p_tenant, p_owner);
    -- 3.
    outcome := case
        when outcome is not null then outcome
        when u.id is null then 'not_found'
        when not takes_bytes(u.state) then 'state'
        when u.damaged_at is not null then 'damaged'
        when u.epoch <> p_epoch or u.writer <> p_incarnation then 'taken_over'
        when u.size <> p_size then 'size_mismatch'
        when last_byte(p_upload) > p_size then 'size_mismatch'
        when u.declared_sha256 <> p_sha256 then 'digest_fixed'
        when link_exceeded(u, p_size) then 'link_size'
        else 'ok'
    end;
    -- Reserve: until now its bytes were counted as they came.
    if outcome = 'ok' and u.size is null and p_size is not null then
        excess := reserve_one(u, p_size - u.received_bytes);
        outcome := case when excess is null then 'ok' else 'quota' end;
    end if;
    -- 4.
    if outcome = 'ok' then
        perform settle_link(u, p_size);
        update uploads set size = coalesce(p_size, size), declared_sha256 = coalesce(p_sha256, declared_sha256)
        where id = p_upload and (p_size is distinct from size or p_sha256 is distinct from declared_sha256);
    end if;
    select n.* into upload from upload_now n where n.id = u.id;
    return next;
end $$;
