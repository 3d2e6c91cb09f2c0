-- Checks whether a file may have a name in a folder of the destination. The caller records the name in the same transaction, and no other
-- transaction can claim it before.
-- p_since: when the caller last looked for the name at the destination.
-- 'free': the file may have it. 'own': another file of the transfer has it. 'held': a file of another transfer is being written under it.
-- 'ended': such a file has ended since the caller looked, so the caller has to look again.
create function claim_target_name(
    p_item uuid, p_folder text, p_place text, p_name text, p_folds boolean, p_since timestamptz)
returns text language plpgsql as $$
declare
    v_claim    constant bigint := target_claim(p_place, p_name);
    v_transfer uuid;
    v_ended    boolean := false;
    o          record;
begin
    perform pg_advisory_xact_lock(v_claim);
    if has_target_name(p_item, p_folder, p_name, p_folds) then
        return 'own';
    end if;
    select transfer into v_transfer from transfer_items where id = p_item;
    for o in
        select i.id, i.state, i.session from transfer_items i
        where i.claim = v_claim and i.transfer <> v_transfer
              and (item_is_left(i.state) or i.state <> 'cancelled' and i.ended_at >= p_since)
    loop
        if item_is_left(o.state) and not release_target_name(o.id) then
            return 'held';
        end if;
        v_ended := true;
    end loop;
    return case when v_ended then 'ended' else 'free' end;
end $$;
