-- The shared space of a tenant, made at the first use.
create function shared_space(p_tenant text) returns uuid language plpgsql as $$
declare
    v_space uuid;
begin
    select id into v_space from spaces where tenant = p_tenant and kind = 'shared';
    if not found then
        insert into spaces (id, tenant, kind, name) values (gen_random_uuid(), p_tenant, 'shared', 'Files')
        on conflict do nothing returning id into v_space;
        if v_space is null then
            select id into v_space from spaces where tenant = p_tenant and kind = 'shared';
        else
            insert into entries (id, space, name, kind, modified_ns, owner)
            values (v_space, v_space, '', 'folder', (extract(epoch from now()) * 1000000)::bigint * 1000, 'system');
        end if;
    end if;
    return v_space;
end $$;
