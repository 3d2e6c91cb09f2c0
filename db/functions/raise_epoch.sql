-- Raises a stream's epoch, so that late checkpoints of its previous writer are rejected (E14), makes the caller its writer, and returns the
-- upload. Returns it unchanged where it has ended or is damaged, and to a fenced incarnation, whose records are rejected anyway. Returns no
-- row where another writer has raised the epoch that the caller saw.
create function raise_epoch(p_incarnation bigint, p_tenant text, p_owner text, p_upload uuid, p_epoch bigint) returns setof upload_now
language plpgsql as $$
declare
    u uploads;
begin
    -- 1. Lock the incarnation, and 2. the upload.
    if lock_incarnation(p_incarnation) is not null then
        u := lock_upload(p_upload, p_tenant, p_owner);
        -- 3. Check, and 4. change.
        update uploads set epoch = epoch + 1, writer = p_incarnation
        where id = u.id and protocol <> 'session' and takes_bytes(state) and damaged_at is null and epoch = p_epoch;
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
