-- A subject's own space, made at its first use.
create function own_space(p_tenant text, p_subject text) returns uuid language plpgsql as $$
declare
    v_space uuid;
begin
    select id into v_space from spaces where tenant = p_tenant and kind = 'own' and owner = p_subject;
    return coalesce(v_space, add_space(p_tenant, 'own', p_subject, 'My files'));
end $$;
