-- Records which conflicts a look has found. A conflict that was answered and is found no more is settled; one that nobody answered ends by
-- itself. If either side has changed, an earlier answer counts no more. p_undone: paths whose answer could not be carried out, so that
-- their owner is asked again.
create function save_sync_conflicts(p_sync uuid, p_conflicts jsonb, p_undone jsonb) returns void language plpgsql as $$
declare
    v_asked text[];
    v_ruled text[];
begin
    update sync_conflicts set answer = null, answered_by = null, answered_at = null
    where sync = p_sync and settled_at is null and path in (select jsonb_array_elements_text(p_undone));
    delete from sync_conflicts
    where sync = p_sync and settled_at is null and answer is null
          and path not in (select c ->> 'path' from jsonb_array_elements(p_conflicts) c);
    update sync_conflicts set settled_at = now()
    where sync = p_sync and settled_at is null and answer is not null
          and path not in (select c ->> 'path' from jsonb_array_elements(p_conflicts) c);
    with saved as (
    insert into sync_conflicts as o (
        sync, path, kind, digest, left_kind, left_id, left_version, left_size, left_modified, right_kind, right_id, right_version,
        right_size, right_modified, answer, answered_by, answered_at)
    select p_sync, c.path, c.kind, c.digest, c.left_kind, c.left_id, c.left_version, c.left_size, c.left_modified, c.right_kind,
           c.right_id, c.right_version, c.right_size, c.right_modified, c.answer, c.answered_by,
           case when c.answer is not null then now() end
    from jsonb_populate_recordset(null::sync_conflicts, p_conflicts) c
    on conflict (sync, path) where settled_at is null do update
    set kind = excluded.kind, digest = excluded.digest, left_kind = excluded.left_kind, left_id = excluded.left_id,
        left_version = excluded.left_version, left_size = excluded.left_size, left_modified = excluded.left_modified,
        right_kind = excluded.right_kind, right_id = excluded.right_id, right_version = excluded.right_version,
        right_size = excluded.right_size, right_modified = excluded.right_modified, answer = excluded.answer,
        answered_by = excluded.answered_by, answered_at = excluded.answered_at
    -- An answer that came during the look stays for the next one.
    where o.digest <> excluded.digest or (o.answer is distinct from excluded.answer and o.answer is null)
    returning o.path, o.answer, o.answered_by)
    select array_agg(s.path order by s.path) filter (where s.answer is null),
           array_agg(s.path order by s.path) filter (where s.answered_by = 'rule')
    into v_asked, v_ruled from saved s;
    if v_asked is not null then
        perform tell_sync_paths(p_sync, v_asked);
    end if;
    if v_ruled is not null then
        perform tell_sync_paths(p_sync, v_ruled, 'rule');
    end if;
end $$;
