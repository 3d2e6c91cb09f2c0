-- Where the feeds of changes of a pair's sides were before its last look, so that nothing is listed while nothing has changed.
alter table syncs
    add column left_position  text,                          -- null: the left side is listed at the next look
    add column right_position text,
    add column listed_at      timestamptz;                   -- when both sides were listed last
