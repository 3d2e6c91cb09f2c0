-- Records an event for each of these uploads: the only INSERT into events. Without data the event tells the size.
create function add_events(p_uploads uploads[], p_kind text, p_data jsonb default null, p_subject text default null) returns void
language plpgsql as $$
begin
    insert into events (tenant, subject, upload_id, kind, data)
    select u.tenant, coalesce(p_subject, u.subject), u.id, p_kind,
           jsonb_strip_nulls(coalesce(p_data, jsonb_build_object('size', u.size, 'parts', nullif(cardinality(u.parts), 0))))
    from unnest(p_uploads) u;
end $$;
