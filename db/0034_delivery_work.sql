-- Deliveries that wait are items of work of the kind delivery. Their keys say how many requests a webhook gets at once, and whether it is
-- off: webhook:ID for events, webhook-by-hand:ID for what was asked for and goes out even while the webhook is off.

insert into work (kind, reference, keys, attempts, due_at, state)
select 'delivery', d.id, array[case when d.by_hand then 'webhook-by-hand:' else 'webhook:' end || w.id], d.attempts, d.next_at,
       case when d.next_at > now() then 'waiting' else 'ready' end
from webhook_deliveries d join webhooks w on w.id = d.webhook where d.state = 'waiting' order by d.number;

insert into work_keys (key, at_once, paused)
select k.word || w.id, case when w.failing_since is null then 8 else 1 end,
       not k.by_hand and not (
           w.enabled and w.paused_at is null
           and (w.tenant = ''
                or exists (select from tenants t where t.name = w.tenant and t.suspended_at is null and t.removed_at is null)))
from webhooks w cross join (values ('webhook:', false), ('webhook-by-hand:', true)) k (word, by_hand);

drop index webhook_deliveries_due;
drop index webhook_deliveries_by_hand;
alter table webhook_deliveries drop column by_hand;
