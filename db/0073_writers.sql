-- The incarnation that holds the epoch of a stream: the last one that raised it, or the one that recorded first. Null before that.
alter table uploads add column writer bigint;
