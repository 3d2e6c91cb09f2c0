-- Records what a look has done or found about items of a pair: rows on which both sides agree now, paths of which one side lacks what the
-- base has (p_missing), and paths that leave the base. p_events: kind, path and text of what happened, and the side that was changed. False
-- where the lease is lost.
create function save_sync_items(
    p_incarnation bigint, p_work bigint, p_epoch bigint, p_sync uuid, p_items jsonb, p_gone text[], p_missing text[], p_events jsonb)
returns boolean language plpgsql as $$
begin
    perform from syncs where id = p_sync for update;
    if not found or not hold_work(p_incarnation, p_work, p_epoch) then
        return false;
    end if;
    delete from sync_items where sync = p_sync and path = any (p_gone);
    update sync_items set missing = path = any (p_missing) where sync = p_sync and missing is distinct from (path = any (p_missing));
    insert into sync_items (
        sync, path, kind, left_id, left_version, right_kind, right_id, right_version, size, right_size, sha256, right_sha256)
    select p_sync, i.path, i.kind, i.left_id, i.left_version, i.right_kind, i.right_id, i.right_version, i.size, i.right_size,
           decode(i.sha256, 'hex'), decode(i.right_sha256, 'hex')
    from jsonb_to_recordset(p_items) as i (
        path text, kind text, left_id text, left_version text, right_kind text, right_id text, right_version text, size bigint,
        right_size bigint, sha256 text, right_sha256 text)
    on conflict (sync, path) do update
    set kind = excluded.kind, left_id = excluded.left_id, left_version = excluded.left_version, right_kind = excluded.right_kind,
        right_id = excluded.right_id, right_version = excluded.right_version, size = excluded.size, right_size = excluded.right_size,
        sha256 = excluded.sha256, right_sha256 = excluded.right_sha256, missing = false;
    insert into sync_events (sync, kind, path, text, side)
    select p_sync, e.kind, e.path, e.text, e.side from jsonb_to_recordset(p_events) as e (kind text, path text, text text, side text);
    return true;
end $$;
