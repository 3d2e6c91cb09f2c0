-- The nodes that serve the ledger together. Each writes its row when it begins, under its name in the settings. An incarnation that is
-- alone serves the ledger by itself: none of another node begins beside it.
alter table incarnations add column alone boolean not null default true;

create table nodes (
    id          uuid        primary key,                     -- of the data directory, as in incarnations.node
    name        text        not null,
    incarnation bigint      not null,                        -- its last start; how long ago it beat is in heartbeats
    address     text        not null,                        -- host:port at which other nodes ask it
    fingerprint bytea       not null,                        -- SHA-256 of the certificate that it shows there
    settings    jsonb       not null,                        -- digests of what must be the same on all nodes, by name
    figures     jsonb,                                       -- what it does, told every two seconds
    draining_at timestamptz,                                 -- it takes no new work until it is resumed or starts again
    joined_at   timestamptz not null default now()           -- its last start
);
create unique index nodes_name on nodes (lower(name));

-- Until when a service may ask the provider for another token; one asks at a time, on whichever node.
alter table connections add column refreshing_until timestamptz;
