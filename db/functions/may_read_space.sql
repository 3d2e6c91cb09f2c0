-- Whether the owner of a schedule reaches a space of the tenant at this moment, with the key that the schedule was set with. The operator,
-- anybody where access is open, and those who administer the tenant reach all of it.
create function may_read_space(p_space uuid, p_tenant text, p_subject text, p_key uuid, p_scopes int) returns boolean
language plpgsql stable as $$
declare
    v_id uuid := case when p_subject ~ '^(user|key):[0-9a-f]{32}$' then split_part(p_subject, ':', 2)::uuid end;
begin
    if v_id is null then
        return p_subject in ('operator', 'anonymous');
    elsif reaches_space(p_space, p_subject, false) then
        return true;
    elsif p_scopes & 64 = 0 then
        return false;
    elsif p_key is not null or starts_with(p_subject, 'key:') then
        -- 64: the scope admin, which sees all of the tenant.
        return exists (select from api_keys k where k.id = coalesce(p_key, v_id) and k.tenant = p_tenant and k.scopes & 64 > 0);
    end if;
    return exists (
        select from users u left join memberships m on m.user_id = u.id and m.tenant = p_tenant
        where u.id = v_id and (u.is_operator or m.role = 'admin'));
end $$;
