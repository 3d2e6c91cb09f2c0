-- Acts on the verdict about an upload in the state checking: accept publishes it, refuse fails it with the reason, wait tries again after
-- the pause. Returns the upload afterwards; no row where the verdict comes too late: the upload has ended, or the lease is lost.
create function settle_check(
    p_incarnation bigint, p_upload uuid, p_work bigint, p_epoch bigint, p_verdict text, p_reason text, p_pause interval)
returns setof upload_now
language plpgsql as $$
declare
    u uploads;
begin
    -- 1. and 2.
    if lock_incarnation(p_incarnation) is null then
        return;
    end if;
    select * into u from uploads where id = p_upload for update;
    -- 3. The verdict on a damaged upload is ignored: the next attempt finds the damage.
    if u.state is distinct from 'checking' or u.damaged_at is not null
       or not end_work(p_incarnation, p_work, p_epoch, case when p_verdict = 'wait' then p_pause end) then
        return;
    end if;
    -- 4.
    if p_verdict = 'accept' then
        perform complete_uploads(
            array[u.id], array[u.size], array[u.declared_sha256], array[u.sha256], service_seconds(), p_checked => true);
    elsif p_verdict = 'refuse' then
        perform end_uploads(array[u], 'failed', p_reason);
    else
        -- New uploads come first: those without a verdict are tried again and again, and would delay them.
        perform change_work('check', p_upload, p_priority => 1::smallint);
        update uploads set state_reason = p_reason where id = p_upload;
    end if;
    return query select n.* from upload_now n where n.id = p_upload;
end $$;
