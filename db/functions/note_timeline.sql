-- Notes the timeline of the server. Returns the new one where the ledger was on another timeline of this server before, else null: what
-- was committed last may then be lost. With p_standby, a synchronous standby had it all; else the ledger counts as restored. Another server
-- has a timeline of its own, which says nothing.
create function note_timeline(p_standby boolean) returns text language plpgsql as $$
declare
    v_server   bigint;
    v_timeline text;
    v_now      ledger;
begin
    if pg_is_in_recovery() then
        return null;
    end if;
    select system_identifier into v_server from pg_control_system();
    v_timeline := left(pg_walfile_name(pg_current_wal_insert_lsn()), 8);
    select * into v_now from ledger;
    if v_now.server = v_server and v_now.timeline = v_timeline then
        return null;
    end if;
    -- It need not wait for a standby: after another failover it is noted again.
    if p_standby then
        perform set_config('synchronous_commit', 'local', true);
    end if;
    select * into v_now from ledger for update;
    if v_now.server = v_server and v_now.timeline = v_timeline then
        return null;
    end if;
    if v_now.server is distinct from v_server then
        update ledger set server = v_server, timeline = v_timeline, timeline_since = null;
        return null;
    end if;
    update ledger set timeline = v_timeline, timeline_since = now(), generation = generation + (not p_standby)::int;
    if not p_standby then
        perform pause_restored_syncs();
    end if;
    return v_timeline;
end $$;
