-- Has a delivery sent again, as if for the first time, also while its webhook is off. An attempt that is under way is not recorded.
create function replay_delivery(p_webhook uuid, p_delivery uuid) returns setof webhook_deliveries
language plpgsql as $$
begin
    perform from webhooks w where w.id = p_webhook for update;
    update webhook_deliveries
    set state = 'waiting', attempts = 0, next_at = now(), status = null, answer = null, error = null, took_ms = null
    where webhook = p_webhook and id = p_delivery;
    if found then
        perform withdraw_work('delivery', array[p_delivery]);
        perform add_work('delivery', p_delivery, array['webhook-by-hand:' || p_webhook]);
    end if;
    return query select * from webhook_deliveries d where d.webhook = p_webhook and d.id = p_delivery;
end $$;
