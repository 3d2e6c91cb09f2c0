-- Removes webhooks with their deliveries. Returns those that were there.
create function remove_webhooks(p_webhooks uuid[]) returns setof uuid
language plpgsql as $$
begin
    perform from webhooks w where w.id = any (p_webhooks) order by w.id for update;
    perform withdraw_work(
        'delivery', array(select d.id from webhook_deliveries d where d.webhook = any (p_webhooks) and d.state = 'waiting'));
    delete from webhook_deliveries where webhook = any (p_webhooks);
    delete from work_keys where key = any (
        array(select k.word || w from unnest(p_webhooks) w cross join (values ('webhook:'), ('webhook-by-hand:')) k (word)));
    return query delete from webhooks w where w.id = any (p_webhooks) returning w.id;
end $$;
