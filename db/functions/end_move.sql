-- Ends the move of a folder to another space: the trash keeps the original for as long as what was deleted now, and for a week longer where
-- something could not be moved, so that it can be restored also where the trash keeps nothing. False from a fenced incarnation.
create function end_move(p_incarnation bigint, p_id uuid, p_entries bigint, p_left_out bigint) returns boolean
language plpgsql as $$
declare
    v_source uuid;
    v_space  uuid;
begin
    if lock_incarnation(p_incarnation) is null then
        return false;
    end if;
    select m.source, e.space into v_source, v_space from folder_moves m left join entries e on e.id = m.source where m.id = p_id;
    perform lock_space(v_space);
    update entries set removed_clock = service_seconds() + case when p_left_out > 0 then 604800 else 0 end
    where id = v_source and removed_clock = moving_clock();
    update folder_moves set entries = p_entries, left_out = p_left_out, ended_at = now() where id = p_id and ended_at is null;
    return true;
end $$;
