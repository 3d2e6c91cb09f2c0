-- Finds what was asked for by hand among what waits for a webhook that is paused.
create index webhook_deliveries_by_hand on webhook_deliveries (webhook, next_at) where state = 'waiting' and by_hand;
