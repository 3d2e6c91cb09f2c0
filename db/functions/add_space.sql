-- Makes a space and its root folder: the only INSERT into spaces. A tenant has one shared space and a subject one space of its own; if that
-- exists already, it is returned.
create function add_space(p_tenant text, p_kind text, p_owner text, p_name text) returns uuid language plpgsql as $$
declare
    v_space uuid;
begin
    insert into spaces (id, tenant, kind, owner, name) values (gen_random_uuid(), p_tenant, p_kind, p_owner, p_name)
    on conflict do nothing returning id into v_space;
    if v_space is null then
        select id into v_space from spaces where tenant = p_tenant and kind = p_kind and (p_kind = 'shared' or owner = p_owner);
    else
        insert into entries (id, space, name, kind, modified_ns, owner)
        values (v_space, v_space, '', 'folder', (extract(epoch from now()) * 1000000)::bigint * 1000, 'system');
    end if;
    return v_space;
end $$;
