-- Records what is planned for items, as JSON. False where the lease is lost.
create function save_transfer_plan(p_incarnation bigint, p_work bigint, p_epoch bigint, p_transfer uuid, p_items jsonb) returns boolean
language plpgsql as $$
begin
    if not hold_transfer(p_incarnation, p_work, p_epoch, p_transfer) then
        return false;
    end if;
    update transfer_items i set plan = p.plan, plan_target = p.target, plan_reason = p.reason, size = coalesce(p.size, i.size)
    from jsonb_to_recordset(p_items) as p (id uuid, plan text, target text, reason text, size bigint) where i.id = p.id;
    return true;
end $$;
