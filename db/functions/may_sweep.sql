-- Whether files that no row names may be swept: not in the hour after the server has changed its timeline, noted or not.
create function may_sweep() returns boolean language sql stable as $$
    select not exists (
        select from ledger l, pg_control_system() c
        where l.timeline_since > now() - interval '1 hour'
           or (l.server = c.system_identifier and l.timeline <> left(pg_walfile_name(pg_current_wal_insert_lsn()), 8)))
$$;
