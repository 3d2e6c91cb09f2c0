-- Gives an entry the properties of another one, in place of its own.
create function copy_properties(p_from uuid, p_to uuid) returns void language plpgsql as $$
begin
    delete from entry_properties where entry = p_to and p_from is not null and p_from <> p_to;
    insert into entry_properties (entry, name, value)
    select p_to, p.name, p.value from entry_properties p where p.entry = p_from
    on conflict do nothing;
end $$;
