-- Claims the name of a folder that is to be made at the destination, where a storage would make a second one beside it, and records the
-- folder's id. False if another transfer is making a folder of this name; null where the lease is lost.
create function claim_transfer_folder(
    p_incarnation bigint, p_work bigint, p_epoch bigint, p_folder uuid, p_target text, p_place text, p_name text)
returns boolean language plpgsql as $$
declare
    v_claim    constant bigint := target_claim(p_place, p_name);
    v_transfer uuid;
    o          record;
begin
    -- Before the transfer's row, as for files.
    perform pg_advisory_xact_lock(v_claim);
    select transfer into v_transfer from transfer_items where id = p_folder;
    if v_transfer is null or not hold_transfer(p_incarnation, p_work, p_epoch, v_transfer) then
        return null;
    end if;
    for o in
        select i.id from transfer_items i where i.claim = v_claim and i.transfer <> v_transfer and item_is_left(i.state)
    loop
        if not release_target_name(o.id) then
            return false;
        end if;
    end loop;
    update transfer_items set claim = v_claim, target_id = coalesce(p_target, target_id) where id = p_folder;
    return true;
end $$;
