-- Every change of access rights calls this and names its actor. Within a second every process drops the rights that it has cached. The act
-- is recorded for the audit.
create function access_changed(
    p_kind text, p_object text, p_data jsonb, p_tenant text, p_subject text, p_credential text, p_address text)
returns void language plpgsql as $$
begin
    update access_version set number = number + 1;
    perform add_audit(p_tenant, p_subject, p_credential, p_address, p_kind, p_object, p_data);
end $$;
