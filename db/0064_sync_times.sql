-- When a pair looks: in place of its interval at the times of a cron expression, or once.
alter table syncs
    add column cron text,                                    -- in the zone of its options; null: interval_seconds counts
    add column once boolean not null default false;          -- it pauses as soon as both sides are the same
