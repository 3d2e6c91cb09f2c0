-- Records an event about anything but an upload: of a space, or of the service itself, which belongs to no tenant. This and add_events are
-- the only INSERTs into events; that one takes many uploads at once and tells the audit of them.
create function add_event(p_kind text, p_data jsonb, p_tenant text default '', p_subject text default 'service') returns void
language plpgsql as $$
begin
    insert into events (tenant, subject, kind, data) values (p_tenant, p_subject, p_kind, p_data);
end $$;
