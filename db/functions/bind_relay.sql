-- Binds the upload that an agent has just made to the attempt that it has claimed. Returns the upload by which the attempt comes: another
-- one where it was bound before; null where the attempt is over, or not this agent's.
create function bind_relay(p_id uuid, p_attempt int, p_claim uuid, p_upload uuid) returns uuid language plpgsql as $$
declare
    t file_transfers;
begin
    perform from uploads where id = p_upload and is_present(state) for update;
    if not found then
        return null;
    end if;
    t := lock_file_transfer(p_id);
    if t.status is distinct from 'in_progress' or t.attempt <> p_attempt or t.claim is distinct from p_claim then
        return null;
    end if;
    update file_transfers set relay = p_upload, moved_at = now() where id = t.id and relay is null;
    return coalesce(t.relay, p_upload);
end $$;
