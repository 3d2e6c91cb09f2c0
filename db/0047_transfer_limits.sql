-- How many rows of its items a transfer has: they count against a limit of its owner's.
alter table transfers add column items_kept bigint not null default 0;
update transfers t set items_kept = (select count(*) from transfer_items i where i.transfer = t.id);

-- Of a folder: how many pages of it were listed, and one of their cursors, by which a listing without an end is recognized.
alter table transfer_items add column pages int not null default 0, add column cursor_mark text;
