-- Events are read in the order of their transactions (E12), from a cursor of generation, transaction and row.
create index events_by_cursor on events (xid, id);
drop index events_at;
-- The transaction of the newest event that history was trimmed of: a cursor before it has missed events.
alter table ledger add column events_trimmed xid8 not null default '0';
