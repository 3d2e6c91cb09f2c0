-- Takes uploads whose check is due, new ones first: uploads without a verdict are tried again and again and would delay the new ones. The
-- caller has until the lease ends; then an upload is due again.
create function claim_checks(p_incarnation bigint, p_lease interval, p_limit int)
returns table (attempt int, failures int, upload upload_now)
language plpgsql set enable_seqscan = off set jit = off as $$
begin
    if lock_incarnation(p_incarnation) is null then
        return;
    end if;
    return query
        with due as (
            select c.upload from upload_checks c where c.next_at <= now()
            order by c.attempts > 0, c.next_at limit p_limit for update skip locked
        ), taken as (
            update upload_checks c set attempts = c.attempts + 1, next_at = now() + p_lease
            from due d where c.upload = d.upload
            returning c.upload, c.attempts, c.failures
        )
        select t.attempts, t.failures, n from taken t join upload_now n on n.id = t.upload;
end $$;
