-- Records for the audit that an entry was copied, or moved to another space. The entries inside a folder are not recorded one by one.
create function audit_copy(p_entry uuid, p_source uuid, p_moves boolean, p_subject text) returns void language plpgsql as $$
begin
    insert into audit_arrivals (tenant, subject, kind, object, data)
    select (select s.tenant from spaces s where s.id = e.space), p_subject, case when p_moves then 'entry.moved' else 'entry.copied' end,
           replace(e.id::text, '-', ''),
           jsonb_build_object('space', e.space, 'parent', e.parent, 'name', e.name, 'from', replace(p_source::text, '-', ''))
    from entries e
    where e.id = p_entry and p_source is not null;
end $$;
