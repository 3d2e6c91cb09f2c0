-- Records an event for each of these uploads. This and add_event are the only INSERTs into events. Without data the event has the size.
create function add_events(p_uploads uploads[], p_kind text, p_data jsonb default null, p_subject text default null) returns void
language plpgsql as $$
begin
    insert into events (tenant, subject, upload_id, kind, data)
    select u.tenant, coalesce(p_subject, u.subject), u.id, p_kind,
           jsonb_strip_nulls(coalesce(p_data, jsonb_build_object('size', u.size, 'parts', nullif(cardinality(u.parts), 0))))
    from unnest(p_uploads) u
    -- What relays a file transfer is no file: the transfer has events of its own.
    where u.relay_of is null;
    -- The audit has one row for a small file that is created and completed at once. A part is no file.
    insert into audit_arrivals (tenant, subject, kind, object, data)
    select u.tenant, coalesce(p_subject, u.subject), 'upload.' || p_kind, replace(u.id::text, '-', ''),
           jsonb_strip_nulls(jsonb_build_object('size', u.size, 'sha256', encode(u.sha256, 'hex'), 'name', to_jsonb(u.file_name)))
    from unnest(p_uploads) u
    where u.relay_of is null and not u.is_part
          and (p_kind in ('completed', 'cancelled', 'deleted', 'failed') or (p_kind = 'created' and u.state <> 'completed'));
end $$;
