-- The first of these limits that the sum of what is wanted would exceed. Null if there is room. The caller holds the lock of lock_usage.
create function over_quota(p_wants usage_want[], p_quotas quota[]) returns quota_excess language plpgsql as $$
declare
    v_excess quota_excess;
begin
    select q.scope, x.what, x.most, x.used into v_excess
    from unnest(p_quotas) q
    cross join lateral (
        select coalesce(sum(w.stored_bytes), 0) as stored_bytes, coalesce(sum(w.files), 0) as files,
               coalesce(sum(w.open_uploads), 0) as open_uploads
        from unnest(p_wants) w where w.tenant = q.tenant and q.subject in ('', w.subject, w.maker)
    ) more
    cross join lateral (
        select coalesce(sum(c.stored_bytes), 0) as stored_bytes, coalesce(sum(c.files), 0) as files,
               coalesce(sum(c.open_uploads), 0) as open_uploads
        from usage c where c.tenant = q.tenant and c.subject = q.subject
    ) used
    cross join lateral (values
        (1, 'storedBytes', q.stored_bytes, used.stored_bytes, more.stored_bytes), (2, 'files', q.files, used.files, more.files),
        (3, 'openUploads', q.open_uploads, used.open_uploads, more.open_uploads)) x (place, what, most, used, more)
    where x.more > 0 and x.used + x.more > x.most
    order by q.subject <> '', x.place limit 1;
    return v_excess;
end $$;
