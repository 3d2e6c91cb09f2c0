-- The shared space of a tenant, made at its first use.
create function shared_space(p_tenant text) returns uuid language plpgsql as $$
declare
    v_space uuid;
begin
    select id into v_space from spaces where tenant = p_tenant and kind = 'shared';
    return coalesce(v_space, add_space(p_tenant, 'shared', null, 'Files'));
end $$;
