-- Notes who did what, in the transaction that does it: with add_events and add_changes, the only INSERT into audit_arrivals.
create function add_audit(
    p_tenant text, p_subject text, p_credential text, p_address text, p_kind text, p_object text, p_data jsonb, p_hour int default null)
returns void language plpgsql as $$
begin
    insert into audit_arrivals (tenant, subject, credential, address, kind, object, data, hour)
    values (p_tenant, p_subject, p_credential, p_address, p_kind, p_object, coalesce(p_data, '{}'), p_hour)
    on conflict do nothing;
end $$;
