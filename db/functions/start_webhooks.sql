-- To be called before a webhook is added or put to work: if it is the only one, the cursor skips what happened before.
create function start_webhooks() returns void language sql as $$
    update webhook_cursor c set generation = e.generation, xid = e.xid, id = e.id
    from events_end() e
    where not exists (select from webhooks w where webhook_runs(w))
$$;
