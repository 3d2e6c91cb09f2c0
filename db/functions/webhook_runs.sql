-- Whether a webhook gets new events. One without a tenant is the service's own.
create function webhook_runs(w webhooks) returns boolean language sql stable as $$
    select w.enabled and w.paused_at is null
           and (w.tenant = ''
                or exists (select from tenants t where t.name = w.tenant and t.suspended_at is null and t.removed_at is null))
$$;
