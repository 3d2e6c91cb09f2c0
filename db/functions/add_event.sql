create function add_event(p_tenant text, p_subject text, p_upload uuid, p_kind text, p_data jsonb) returns void language plpgsql as $$
begin
    insert into events (tenant, subject, upload_id, kind, data) values (p_tenant, p_subject, p_upload, p_kind, jsonb_strip_nulls(p_data));
end $$;
