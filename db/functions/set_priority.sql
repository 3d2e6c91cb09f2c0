-- Sets the priority of an unfinished upload.
create function set_priority(p_incarnation bigint, p_tenant text, p_owner text, p_subject text, p_upload uuid, p_priority smallint)
returns table (outcome text, upload upload_now)
language plpgsql as $$
declare
    u uploads;
begin
    -- 1.
    if lock_incarnation(p_incarnation) is null then
        outcome := 'fenced';
    end if;
    -- 2.
    u := lock_upload(p_upload, p_tenant, p_owner, p_subject);
    -- 3.
    outcome := case
        when outcome is not null then outcome
        when u.id is null then 'not_found'
        when not takes_bytes(u.state) then 'state'
        else 'ok'
    end;
    -- 4.
    if outcome = 'ok' and u.priority <> p_priority then
        update uploads set priority = p_priority where id = p_upload;
    end if;
    select n.* into upload from upload_now n where n.id = u.id;
    return next;
end $$;
