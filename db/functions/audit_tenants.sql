-- The tenants in whose audit an act is recorded: for an act on a user, each tenant that the user belongs to; for any other act, the given
-- tenant. Empty stands for the service itself, whose acts concern operators only.
create function audit_tenants(p_tenant text, p_object text) returns text[] language plpgsql stable as $$
declare
    v_tenants text[];
begin
    if p_tenant is null and starts_with(p_object, 'user:') then
        v_tenants := array(select m.tenant from memberships m where m.user_id = substr(p_object, 6)::uuid order by m.tenant);
    end if;
    return case when cardinality(v_tenants) > 0 then v_tenants else array[coalesce(p_tenant, '')] end;
end $$;
