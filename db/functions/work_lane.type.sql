-- Items of one kind that have the same keys and one priority, and how many of them the next lease may take.
create type work_lane as (
    kind     text,
    keys     text[],
    priority smallint,
    share    int
);
