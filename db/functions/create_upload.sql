-- Creates one upload (a JSON array with one object), or finds the one that was created with the same idempotency key.
create function create_upload(p_incarnation bigint, p_uploads json) returns table (outcome text, upload upload_now)
language plpgsql set enable_seqscan = off set jit = off as $$
declare
    v_now bigint := service_seconds();
    v_new uploads;
    v_old uploads;
begin
    if lock_incarnation(p_incarnation) is null then
        outcome := 'fenced';
        return next;
        return;
    end if;
    select * into v_new from json_populate_record(null::uploads, p_uploads -> 0);
    loop
        -- Waits for another creation with the same key; after that there is a row, or there is none.
        select * into v_old from insert_uploads(p_incarnation, p_uploads, v_now);
        if found then
            outcome := 'fresh';
            if v_old.state = 'refused' then
                outcome := v_old.state_reason;
            else
                upload := upload_seen(v_old, v_now);
            end if;
            return next;
            return;
        end if;
        -- The same id: the caller repeats a creation whose reply was lost (E10).
        select * into v_old from uploads u
        where u.id = v_new.id or (u.tenant = v_new.tenant and u.subject = v_new.subject and u.idempotency_key = v_new.idempotency_key);
        -- No row: the other creation was rolled back, or its upload was removed just now.
        continue when not found;
        outcome := case
            when v_old.id = v_new.id then 'fresh'
            when v_old.idempotency_hash is distinct from v_new.idempotency_hash then 'mismatch'
            else 'known'
        end;
        upload := upload_seen(v_old, v_now);
        return next;
        return;
    end loop;
end $$;
