-- Records for operators, once, that no synchronous standby is connected any more, or that one is again. Several nodes may see it. Returns
-- whether there is one, where that has changed, else null.
create function note_standby() returns boolean language plpgsql as $$
declare
    v_there boolean := current_setting('synchronous_standby_names') <> ''
        and exists (select from pg_stat_replication where sync_state in ('sync', 'quorum'));
begin
    if pg_is_in_recovery() or (select standby_lost_at is null from ledger) = v_there then
        return null;
    end if;
    -- It must not wait for the standby that is gone.
    perform set_config('synchronous_commit', 'local', true);
    update ledger set standby_lost_at = case when v_there then null else now() end where (standby_lost_at is null) <> v_there;
    if not found then
        return null;
    end if;
    perform add_audit(
        '', 'service', null, null, case when v_there then 'node.standby_returned' else 'node.standby_lost' end, 'ledger', null);
    return v_there;
end $$;
