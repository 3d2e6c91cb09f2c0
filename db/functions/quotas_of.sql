-- The limits on usage that hold for a subject of a tenant: the tenant's, and the subject's. A link has no such limit of its own. A value
-- that is not set is the default of its kind.
create function quotas_of(p_tenant text, p_subject text) returns setof quota language plpgsql stable as $$
begin
    return query
        select k.scope, p_tenant, k.id, coalesce(own.stored_bytes, d.stored_bytes), coalesce(own.files, d.files),
               coalesce(own.open_uploads, d.open_uploads)
        from (values
            ('tenant', ''),
            (case when p_subject like 'key:%' then 'key' when p_subject similar to '(user|oidc|cert):%' then 'user' end, p_subject)
        ) k (scope, id)
        left join limits own on own.scope = k.scope and own.tenant = p_tenant and own.id = k.id
        left join limits d on d.scope = 'default' and d.tenant = '' and d.id = k.scope
        where num_nonnulls(own.stored_bytes, d.stored_bytes, own.files, d.files, own.open_uploads, d.open_uploads) > 0;
end $$;
