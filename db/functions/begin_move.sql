-- Takes a folder out of its space, in order to move it to another one: it goes to the trash, which keeps it until the move has ended.
create function begin_move(
    p_incarnation bigint, p_id uuid, p_space uuid, p_folder uuid, p_revision bigint, p_target uuid, p_tenant text, p_subject text,
    p_repeated boolean)
returns table (outcome text, entry entry_now)
language plpgsql set enable_seqscan = off set jit = off as $$
begin
    select r.outcome into outcome from remove_entry(p_incarnation, p_space, p_folder, p_revision, p_subject, p_repeated) r;
    if outcome = 'ok' then
        insert into folder_moves (id, tenant, subject, source, target) values (p_id, p_tenant, p_subject, p_folder, p_target)
        on conflict do nothing;
        update entries set removed_clock = moving_clock()
        where id = p_folder and exists (select from folder_moves m where m.id = p_id and m.ended_at is null);
    end if;
    select n.* into entry from entry_now n where n.id = p_folder;
    return next;
end $$;
