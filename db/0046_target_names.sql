-- No two files of a transfer get one name in a folder of the destination, and what a transfer has made is known again by its id.
create index transfer_items_names on transfer_items (transfer, lower(target_name collate "und-x-icu")) where target_name is not null;
create index transfer_items_results on transfer_items (transfer, result) where result is not null;

-- Why a file itself waits, and until when: its transfer says so when nothing else of it moves.
alter table transfer_items add column wait text, add column wait_until timestamptz;

-- A time that rounding had carried beyond the last year that the service can read.
update transfers set deadline = null where deadline >= '9999-01-01';
delete from work where kind = 'transfer_deadline' and due_at >= '9999-01-01';
update transfer_schedules set once_at = '9998-12-31', next_at = null, enabled = false where once_at >= '9999-01-01';
update transfer_items set modified_at = null where modified_at >= '9999-12-31';
