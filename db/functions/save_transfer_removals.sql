-- Records what became of items at the source, as JSON. False where the lease is lost.
create function save_transfer_removals(p_incarnation bigint, p_work bigint, p_epoch bigint, p_transfer uuid, p_items jsonb)
returns boolean language plpgsql as $$
begin
    if not hold_transfer(p_incarnation, p_work, p_epoch, p_transfer) then
        return false;
    end if;
    update transfer_items i
    set removal = case when r.kept is null then 'removed' else 'kept' end, kept_reason = r.kept
    from jsonb_to_recordset(p_items) as r (id uuid, kept text) where i.id = r.id;
    return true;
end $$;
