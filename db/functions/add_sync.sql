-- Adds a pair and queues its first look. Returns 'added', also if it was added before; 'too_many' if its owner has as many as may be.
create function add_sync(p_sync syncs, p_most int) returns text
language plpgsql as $$
begin
    perform pg_advisory_xact_lock(hashtextextended(p_sync.tenant || E'\n' || p_sync.subject, 510));
    if exists (select from syncs s where s.id = p_sync.id) then
        return 'added';
    end if;
    if (select count(*) from syncs s where s.tenant = p_sync.tenant and s.subject = p_sync.subject) >= p_most then
        return 'too_many';
    end if;
    insert into syncs (
        id, tenant, subject, scopes, api_key, title, left_connection, left_root, left_name, right_connection, right_root, right_name,
        way, conflict_rule, options, interval_seconds, cron, once, left_items)
    values (p_sync.id, p_sync.tenant, p_sync.subject, p_sync.scopes, p_sync.api_key, p_sync.title, p_sync.left_connection,
            p_sync.left_root, p_sync.left_name, p_sync.right_connection, p_sync.right_root, p_sync.right_name, p_sync.way,
            p_sync.conflict_rule, p_sync.options, p_sync.interval_seconds, p_sync.cron, coalesce(p_sync.once, false), p_sync.left_items);
    insert into sync_events (sync, kind) values (p_sync.id, 'made');
    perform tell_sync(p_sync.id);
    perform add_work('sync', p_sync.id);
    return 'added';
end $$;
