-- Records how an attempt ended, and ends its lease: delivered, or with a pause until the next one, or as failed. A webhook that has failed
-- for too long is paused; a delivery that succeeds ends the pause. An attempt whose lease is lost changes nothing.
create function record_delivery(
    p_incarnation bigint, p_work bigint, p_epoch bigint, p_delivery uuid, p_delivered boolean, p_pause interval, p_took_ms int,
    p_status int, p_answer text, p_error text, p_pause_after interval)
returns void language plpgsql as $$
declare
    w webhooks;
begin
    -- 1. and 2.
    if lock_incarnation(p_incarnation) is null then
        return;
    end if;
    -- The cursor is locked before the webhook, as queue_webhooks does.
    if p_delivered and exists (
        select from webhook_deliveries d join webhooks p on p.id = d.webhook where d.id = p_delivery and p.paused_at is not null)
    then
        perform start_webhooks();
    end if;
    select * into w from webhooks where id = (select d.webhook from webhook_deliveries d where d.id = p_delivery) for update;
    -- 3.
    if not end_work(p_incarnation, p_work, p_epoch, case when not p_delivered then p_pause end) or w.id is null then
        return;
    end if;
    -- 4.
    update webhook_deliveries
    set state = case when p_delivered then 'delivered' when p_pause is null then 'failed' else 'waiting' end, attempts = attempts + 1,
        next_at = now() + coalesce(p_pause, interval '0'), sent_at = now() - make_interval(secs => p_took_ms / 1000.0),
        took_ms = p_took_ms, status = p_status, answer = p_answer, error = p_error
    where id = p_delivery;
    if p_delivered and (w.failing_since is not null or w.paused_at is not null) then
        update webhooks set failing_since = null, paused_at = null where id = w.id returning * into w;
        perform set_webhook_key(w);
    elsif not p_delivered and w.failing_since is null then
        update webhooks set failing_since = now() where id = w.id returning * into w;
        perform set_webhook_key(w);
    elsif not p_delivered and w.paused_at is null and w.failing_since < now() - p_pause_after then
        update webhooks set paused_at = now() where id = w.id returning * into w;
        perform set_webhook_key(w);
        perform add_audit(
            w.tenant, 'service', null, null, 'webhook.paused', replace(w.id::text, '-', ''), jsonb_build_object('since', w.failing_since));
    end if;
end $$;
