-- Completes an upload that waited for its parts, or fails it when one of them is gone or they are too large together. A part in quarantine
-- is waited for, because it may be released.
create function join_upload(
    p_incarnation bigint, p_upload uuid, p_max_size bigint, p_gone text, p_too_large text, p_no_room text) returns setof upload_now
language plpgsql as $$
declare
    u        uploads;
    v_parts  uuid[];
    v_gone   boolean;
    v_ready  boolean;
    v_size   numeric;
    v_reason text;
begin
    -- 1. and 2.
    if lock_incarnation(p_incarnation) is not null then
        select parts into v_parts from uploads where id = p_upload;
        perform from uploads where id = p_upload or id = any (v_parts) order by id for update;
        -- 3.
        select * into u from uploads where id = p_upload;
        select bool_or(p.id is null or p.state not in ('open', 'paused', 'completing', 'completed')),
               bool_and(p.state = 'completed' and p.damaged_at is null), sum(coalesce(p.size, p.received_bytes))
        into v_gone, v_ready, v_size from unnest(u.parts) l (part) left join uploads p on p.id = l.part;
        v_reason := case
            when v_gone then p_gone
            when v_size > p_max_size then p_too_large
        end;
        -- 4.
        if u.state = 'open' and cardinality(u.parts) > 0 and v_reason is not null then
            perform end_uploads(array[u], 'failed', v_reason);
        elsif u.state = 'open' and cardinality(u.parts) > 0 and v_ready then
            if reserve_join(u) is null then
                perform join_extents(p_upload, u.parts);
            else
                perform end_uploads(array[u], 'failed', p_no_room);
            end if;
        end if;
    end if;
    return query select n.* from upload_now n where n.id = p_upload;
end $$;
