-- Numbers the changes of one space. Only this function inserts into changes and updates a space's sequence and counters. A transaction
-- calls it last for a space, when the entries have their final values. The caller holds the row of the space.
create function add_changes(
    p_space uuid, p_entries uuid[], p_kinds text[], p_subjects text[], p_more_entries bigint default 0, p_more_bytes bigint default 0,
    p_more_earlier bigint default 0)
returns void language plpgsql as $$
declare
    v_before bigint;
begin
    perform raise_heights(array(
        select c.entry from unnest(p_entries, p_kinds) c (entry, kind) where c.kind in ('created', 'moved', 'restored')));
    update spaces
    set sequence = sequence + cardinality(p_entries), entries = entries + p_more_entries, bytes = bytes + p_more_bytes,
        earlier_bytes = earlier_bytes + p_more_earlier
    where id = p_space
    returning sequence - cardinality(p_entries) into v_before;
    insert into changes (
        space, number, kind, subject, entry, parent, name, entry_kind, revision, version, upload, size,
        sha256, modified_ns, mode, link_target)
    select p_space, v_before + c.place, c.kind, c.subject, e.id, e.parent, e.name, e.kind, e.revision, e.version, v.upload,
           e.size, v.sha256,
           e.modified_ns, e.mode, e.link_target
    from unnest(p_entries, p_kinds, p_subjects) with ordinality c (entry, kind, subject, place)
    join entries e on e.id = c.entry
    left join entry_versions v on v.entry = e.id and v.number = e.version;
    perform add_event(
        'entries_changed', 'space', replace(s.id::text, '-', ''),
        jsonb_build_object('space', replace(s.id::text, '-', ''), 'from', v_before + 1, 'to', s.sequence),
        s.tenant, p_subjects[1], p_subjects[1])
    from spaces s where s.id = p_space and cardinality(p_entries) > 0;
    -- A created entry is not recorded here: the audit has the event of its upload.
    insert into audit_arrivals (tenant, subject, kind, object, data)
    select s.tenant, c.subject, 'entry.' || c.kind, replace(e.id::text, '-', ''),
           jsonb_build_object('space', e.space, 'parent', e.parent, 'name', e.name, 'revision', e.revision)
    from unnest(p_entries, p_kinds, p_subjects) c (entry, kind, subject)
    join entries e on e.id = c.entry
    join spaces s on s.id = e.space
    where c.kind in ('moved', 'removed', 'restored', 'replaced');
end $$;
