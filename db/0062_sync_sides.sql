-- Which side of a pair a step has changed, so that files are noticed that go back and forth.
alter table sync_events add column side text check (side in ('left', 'right'));
create index sync_events_side on sync_events (sync, at) where side is not null;
