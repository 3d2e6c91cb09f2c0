-- How large a share of a limited bandwidth an upload gets: 1 low, 2 normal, 3 high.
alter table uploads add column priority smallint not null default 2 check (priority between 1 and 3);

-- The priority of what comes through a link; never high.
alter table links add column priority smallint not null default 2 check (priority between 1 and 2);

-- Which names and types files may have, and which metadata they need: as JSON.
alter table limits add column rules text;
