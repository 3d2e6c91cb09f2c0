-- Takes deliveries of one webhook that are due. The caller has until the lease ends to send them; then they are due again. A webhook that
-- fails gets one delivery at a time.
create function claim_deliveries(p_webhook uuid, p_lease interval, p_limit int) returns setof webhook_deliveries
language sql set enable_seqscan = off set jit = off as $$
    with due as (
        select d.id
        from webhooks w
        cross join lateral (select webhook_runs(w) as runs offset 0) r
        cross join lateral (
            select n.id from webhook_deliveries n
            where n.webhook = w.id and n.state = 'waiting' and n.next_at <= now() and (n.by_hand or r.runs)
            order by n.next_at
            limit case when w.failing_since is null then p_limit else 1 end
            for update skip locked
        ) d
        where w.id = p_webhook
    )
    update webhook_deliveries d set attempts = d.attempts + 1, next_at = now() + p_lease, sent_at = now()
    from due where d.id = due.id
    returning d.*
$$;
