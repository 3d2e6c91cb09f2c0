-- Called before a webhook is added or enabled, or its pause ends: if no other webhook is active, the cursor skips the events so far.
create function start_webhooks() returns void language sql as $$
    update webhook_cursor c set generation = e.generation, xid = e.xid, id = e.id
    from events_end() e
    where not exists (select from webhooks w where webhook_runs(w))
$$;
