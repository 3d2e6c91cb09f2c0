-- Records an act for the audit, in the transaction that performs it. Only this function, add_events, add_changes and audit_copy insert into
-- audit_arrivals. Without a tenant, an act on a user is recorded for each tenant that the user belongs to.
create function add_audit(
    p_tenant text, p_subject text, p_credential text, p_address text, p_kind text, p_object text, p_data jsonb, p_hour int default null)
returns void language plpgsql as $$
begin
    insert into audit_arrivals (tenant, subject, credential, address, kind, object, data, hour)
    select t.tenant, p_subject, p_credential, p_address, p_kind, p_object, coalesce(p_data, '{}'), p_hour
    from unnest(audit_tenants(p_tenant, p_object)) t (tenant)
    on conflict do nothing;
end $$;
