-- The server and the timeline on which the ledger was seen last. A standby that is promoted begins a new timeline, and so does a server
-- that is recovered to a point in time.
alter table ledger add column server bigint;
alter table ledger add column timeline text;
alter table ledger add column timeline_since timestamptz;      -- null: no other timeline was seen on this server
