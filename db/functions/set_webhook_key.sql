-- Brings the keys of a webhook's deliveries to its state: one that fails gets one request at a time, and one that is off gets only what was
-- asked for by hand. Whatever changes that state calls it.
create function set_webhook_key(w webhooks) returns void language sql as $$
    select set_work_key('webhook:' || w.id, case when w.failing_since is null then 8 else 1 end, not webhook_runs(w));
    select set_work_key('webhook-by-hand:' || w.id, case when w.failing_since is null then 8 else 1 end)
$$;
