-- Transfers that are looked at before they begin, and those that end at a time.
alter table transfers
    add column planning   boolean     not null default false,    -- it waits for its owner's approval, or is being planned
    add column planned_at timestamptz,
    add column room       bigint,                                 -- free bytes at the destination when it was planned; null: not known
    add column deadline   timestamptz;
alter table transfer_items
    add column plan        text check (plan in ('new', 'replace', 'number', 'skip')),
    add column plan_target text,                                  -- of a folder: the one at the destination that is used
    add column plan_reason text;
create index transfer_items_unplanned on transfer_items (transfer, number) where plan is null and state = 'ready';
create index transfer_items_result on transfer_items (transfer, result) where result is not null;
create index transfers_open on transfers (tenant, subject) where ended_at is null;
