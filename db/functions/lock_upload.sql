-- Locks the row of an upload that the caller sees. Null where there is none. What relays a file transfer is seen by its sender alone, also
-- where p_owner is null, because the caller sees all of the tenant: p_self is the caller's subject.
create function lock_upload(p_upload uuid, p_tenant text, p_owner text, p_self text default null) returns uploads
language plpgsql as $$
declare
    u uploads;
begin
    select * into u from uploads n where n.id = p_upload and n.tenant = p_tenant for update;
    -- Check in a statement of its own: the first one may have waited for the transaction that published the upload, and would see none of
    -- its entries.
    if u.id is not null and not sees_upload(p_owner, u.id, u.subject, u.state, u.target_space)
       or u.relay_of is not null and u.subject is distinct from coalesce(p_owner, p_self) then
        return null;
    end if;
    return u;
end $$;
