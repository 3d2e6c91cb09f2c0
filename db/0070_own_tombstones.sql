-- Each service looks for the tombstones of its own store: those of a store that is not here may wait for long, and be many.
drop index stored_files_tombstones;
create index stored_files_tombstones on stored_files (store, tombstone_at, id) where tombstone_at is not null and forget_at is null;
