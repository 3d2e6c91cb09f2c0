-- The tenants (subject is empty) and subjects whose counters differ from what their uploads take up. One statement reads both sides, so
-- uploads that come and go meanwhile are not reported.
create function usage_faults()
returns table (tenant text, subject text, stored_bytes bigint, files bigint, open_uploads bigint, summed_bytes bigint, summed_files bigint,
               summed_open bigint)
language sql stable as $$
    with counted as (
        select c.tenant, c.subject, sum(c.stored_bytes) as bytes, sum(c.files) as files, sum(c.open_uploads) as open
        from usage_now c group by c.tenant, c.subject
    ), summed as (
        select u.tenant, s.subject, sum(counted_bytes(u)) as bytes, sum(counted_files(u)) as files, sum(counted_open(u)) as open
        from uploads u cross join lateral (values (''), (u.subject), (u.maker)) s (subject)
        where s.subject is not null and is_present(u.state)
        group by u.tenant, s.subject
    ), both_sides as (
        select tenant, subject, coalesce(c.bytes, 0)::bigint as b, coalesce(c.files, 0)::bigint as f, coalesce(c.open, 0)::bigint as o,
               coalesce(s.bytes, 0)::bigint as sb, coalesce(s.files, 0)::bigint as sf, coalesce(s.open, 0)::bigint as so
        from counted c full join summed s using (tenant, subject)
    )
    select tenant, subject, b, f, o, sb, sf, so from both_sides where (b, f, o) <> (sb, sf, so) order by tenant, subject
$$;
