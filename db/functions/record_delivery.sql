-- Records how an attempt ended: delivered, or with a pause until the next one, or as failed. A webhook that has failed for too long is
-- paused; a delivery that succeeds ends the pause. An attempt that another one has followed changes nothing.
create function record_delivery(
    p_delivery uuid, p_attempt int, p_delivered boolean, p_pause interval, p_took_ms int, p_status int, p_answer text, p_error text,
    p_pause_after interval)
returns void language plpgsql set enable_seqscan = off set jit = off as $$
declare
    d webhook_deliveries;
    w webhooks;
begin
    update webhook_deliveries
    set state = case when p_delivered then 'delivered' when p_pause is null then 'failed' else 'waiting' end,
        next_at = now() + coalesce(p_pause, interval '0'), took_ms = p_took_ms, status = p_status, answer = p_answer, error = p_error,
        by_hand = by_hand and not p_delivered and p_pause is not null
    where id = p_delivery and attempts = p_attempt and state = 'waiting'
    returning * into d;
    select * into w from webhooks where id = d.webhook for update;
    if w.id is null then
        return;
    end if;
    if p_delivered and (w.failing_since is not null or w.paused_at is not null) then
        update webhooks set failing_since = null, paused_at = null where id = w.id;
    elsif not p_delivered and w.failing_since is null then
        update webhooks set failing_since = now() where id = w.id;
    elsif not p_delivered and w.paused_at is null and w.failing_since < now() - p_pause_after then
        update webhooks set paused_at = now() where id = w.id;
        perform add_audit(
            w.tenant, 'service', null, null, 'webhook.paused', replace(w.id::text, '-', ''), jsonb_build_object('since', w.failing_since));
    end if;
end $$;
