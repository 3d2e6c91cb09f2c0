-- Work that survives a kill: what is to be done by the service itself, each row until it is done. docs/design/work.md has the rules. What a
-- kind of work must remember about an item is in tables of its own, under the reference.

create table work (
    id        bigint      generated always as identity primary key,
    kind      text        not null,
    reference uuid        not null,
    state     text        not null default 'ready' check (state in ('ready', 'waiting', 'leased')),
    keys      text[]      not null default '{}',             -- each may have a limit in work_keys; items of the same keys are a lane
    priority  smallint    not null default 2,                -- 1 low, 2 normal, 3 high
    position  bigint      not null default 0,                -- orders the items of a lane that have one priority
    due_at    timestamptz not null default now(),            -- of a leased one: when its worker is taken for dead
    attempts  int         not null default 0,                -- that have failed
    epoch     bigint      not null default 0,                -- the fence of an attempt: rises with each lease
    holder    bigint,                                        -- of a leased one: the incarnation that has the lease
    again     boolean     not null default false             -- of a leased one: it was added again meanwhile
) with (fillfactor = 80, autovacuum_vacuum_scale_factor = 0.02);
create unique index work_reference on work (kind, reference);
create index work_ready on work (kind, keys, priority desc, position, due_at, id) where state = 'ready';
create index work_due on work (due_at) where state <> 'ready';
create index work_leased on work (kind, keys) where state = 'leased';

-- What is known of a key; a key without a row has no limit.
create table work_keys (
    key        text        primary key,
    at_once    int         check (at_once > 0),              -- how many items with this key may be leased; null: any number
    paused     boolean     not null default false,
    not_before timestamptz
) with (fillfactor = 80);
