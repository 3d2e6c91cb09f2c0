-- Transfers that remove at the source what has arrived, and those that only compare.
alter table transfer_items
    add column removal     text check (removal in ('due', 'removed', 'kept')),  -- at the source, of what is moved
    add column kept_reason text,                                      -- why the source still has it
    drop constraint transfer_items_plan_check,
    add constraint transfer_items_plan_check check (plan in ('new', 'replace', 'number', 'skip', 'fail'));
create index transfer_items_removal on transfer_items (transfer, number) where removal = 'due';
