-- Records in the base of a pair what has become of a copy that a transfer made for it, in the statement that ends the copy.
-- p_version: the version of the file at the destination, as the answer to its commit had it.
create function copied_sync_item(p_item transfer_items, p_state text, p_version text, p_reason text) returns void
language plpgsql as $$
declare
    v_sync uuid;
    v_back boolean;
    v_own  boolean;
begin
    -- A copy to the left side has the left folder as its destination.
    select s.id, t.target = s.left_root and t.destination is not distinct from s.left_connection, t.destination is null
    into v_sync, v_back, v_own
    from transfers t join syncs s on s.id = t.sync where t.id = p_item.transfer for key share of s;
    if v_sync is null or p_item.kind <> 'file' then
        return;
    end if;
    insert into sync_events (sync, kind, path, text, side)
    values (v_sync, case p_state when 'done' then 'copied' else 'not_copied' end, p_item.path, p_reason,
            case when p_state = 'done' then case when v_back then 'left' else 'right' end end);
    if p_state = 'done' then
        delete from sync_failures where sync = v_sync and path = p_item.path;
        insert into sync_items (sync, path, kind, left_id, left_version, right_id, right_version, size, sha256)
        select v_sync, p_item.path, 'file',
               case when v_back then p_item.result else p_item.source_id end, case when v_back then p_version else p_item.pin end,
               case when v_back then p_item.source_id else p_item.result end, case when v_back then p_item.pin else p_version end,
               p_item.size, p_item.sha256
        on conflict (sync, path) do update
        set kind = excluded.kind, left_id = excluded.left_id, left_version = excluded.left_version, right_kind = null,
            right_id = excluded.right_id, right_version = excluded.right_version, size = excluded.size, right_size = null,
            sha256 = excluded.sha256, right_sha256 = null, missing = false;
        -- What lost a conflict in this service stays as an earlier version for 30 days.
        if v_own and exists (select from sync_conflicts c
                             where c.sync = v_sync and c.path = p_item.path and c.settled_at is null and c.answer is not null) then
            update entry_versions v set loser = true, kept = true
            where v.entry = p_item.replaces::uuid and v.upload = p_item.replaces_version::uuid and v.until is not null
                  and v.until_clock <> -1;
        end if;
    else
        -- The first two failures are tried again at the next look, as the file may just have been changed.
        insert into sync_failures (sync, path, failures, reason, until) values (v_sync, p_item.path, 1, p_reason, now())
        on conflict (sync, path) do update
        set failures = sync_failures.failures + 1, reason = excluded.reason,
            until = now() + case when sync_failures.failures < 2 then interval '0'
                                 else least(interval '1 minute' * 2 ^ least(sync_failures.failures, 20), interval '1 day') end;
    end if;
end $$;
