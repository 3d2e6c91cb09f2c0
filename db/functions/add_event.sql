-- Records an event about anything but an upload: about a topic of this kind and id, which belongs to the owner, or about the service
-- itself, which belongs to no tenant. Only this function and add_events insert into events; add_events takes many uploads at once and
-- records them for the audit, too.
create function add_event(
    p_kind text, p_topic text, p_id text, p_data jsonb, p_tenant text default '', p_owner text default 'service',
    p_subject text default 'service')
returns void language plpgsql as $$
begin
    insert into events (tenant, subject, topic_kind, topic_id, owner, kind, data)
    values (p_tenant, p_subject, p_topic, p_id, p_owner, p_kind, p_data);
end $$;
