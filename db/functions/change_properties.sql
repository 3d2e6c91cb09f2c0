-- Sets and removes the properties of an entry that WebDAV clients have made, and sets its time, if it has the revision, where one is given.
-- All of it happens, or nothing does.
create function change_properties(
    p_incarnation bigint, p_space uuid, p_entry uuid, p_set jsonb, p_removed text[], p_modified_ns bigint, p_subject text, p_most bigint,
    p_guard jsonb, p_revision bigint)
returns text language plpgsql as $$
declare
    v_fault text;
    e       entries;
begin
    if lock_incarnation(p_incarnation) is null then
        return 'fenced';
    end if;
    if not lock_space(p_space) then
        return 'not_found';
    end if;
    select * into e from entries where id = p_entry and space = p_space;
    if e.id is null or entry_path(p_entry) is null then
        return 'not_found';
    end if;
    if p_revision <> e.revision then
        return 'changed';
    end if;
    v_fault := guard_fault(p_guard, p_space, e.parent, case when e.parent is null then '' else e.name end, false);
    if v_fault is not null then
        return v_fault;
    end if;
    if (select coalesce(sum(octet_length(p.name) + octet_length(p.value)), 0) from entry_properties p
        where p.entry = p_entry and not p_set ? p.name and p.name <> all (p_removed))
       + (select coalesce(sum(octet_length(s.key) + octet_length(s.value)), 0) from jsonb_each_text(p_set) s) > p_most then
        return 'too_many_properties';
    end if;
    delete from entry_properties p where p.entry = p_entry and p.name = any (p_removed);
    insert into entry_properties (entry, name, value) select p_entry, s.key, s.value from jsonb_each_text(p_set) s
    on conflict (entry, name) do update set value = excluded.value;
    if p_modified_ns is not null and p_modified_ns <> e.modified_ns then
        update entries set modified_ns = p_modified_ns, revision = revision + 1 where id = p_entry;
        perform add_changes(p_space, array[p_entry], array['changed'], array[p_subject]);
    end if;
    return 'ok';
end $$;
