-- Whether uploads of a subject may still be published in a space of the tenant: the subject may have lost access since they began. A user
-- needs a role, users and keys must reach the space, and a link is judged by its maker. The operator, anybody where access is open, and
-- callers with a token of an outside issuer cannot lose access here. Subjects of an unknown kind have none.
create function may_publish(p_space uuid, p_tenant text, p_subject text) returns boolean language plpgsql stable as $$
declare
    v_id uuid := case when p_subject ~ '^(user|key|link):[0-9a-f]{32}$' then split_part(p_subject, ':', 2)::uuid end;
begin
    if v_id is null then
        return p_subject in ('operator', 'anonymous') or starts_with(p_subject, 'oidc:');
    elsif starts_with(p_subject, 'user:') then
        return exists (
            select from users u left join memberships m on m.user_id = u.id and m.tenant = p_tenant
            where u.id = v_id and u.enabled
                  and (u.is_operator or m.role = 'admin' or (m.role = 'member' and reaches_space(p_space, p_subject, true))));
    elsif starts_with(p_subject, 'key:') then
        -- 64: the scope admin, which sees all of the tenant.
        return exists (
            select from api_keys k
            where k.id = v_id and k.tenant = p_tenant and (k.expires_at is null or k.expires_at > now())
                  and (k.scopes & 64 > 0 or reaches_space(p_space, p_subject, true)))
            -- A key is refused, too, if a key in the chain of its makers was revoked or removed.
            and not exists (
                with recursive line as (
                    select k.made_with, k.revoked_at from api_keys k where k.id = v_id
                    union all
                    select m.made_with, case when m.id is null then now() else m.revoked_at end
                    from line left join api_keys m on m.id = line.made_with
                    where line.made_with is not null
                )
                select from line where line.revoked_at is not null);
    end if;
    return exists (select from links l where l.id = v_id and l.tenant = p_tenant and may_publish(p_space, p_tenant, l.made_by));
end $$;
