-- Pairs whose changes go in both directions, and their conflicts.
alter table syncs
    add column way            text not null default 'left_to_right' check (way in ('left_to_right', 'both')),
    add column conflict_rule  text not null default 'ask' check (conflict_rule in ('ask', 'newer', 'larger', 'left', 'right', 'both')),
    add column right_sequence bigint,                        -- of the right side's space, where changes go both ways
    drop constraint syncs_answer_check,
    add constraint syncs_answer_check check (answer in ('apply', 'leave', 'right', 'both'));

-- Paths at which both sides differ in a way that no rule of the pair decides alone, with what both sides had, and what was decided.
create table sync_conflicts (
    id             uuid        primary key default gen_random_uuid(),
    number         bigint      generated always as identity,
    sync           uuid        not null references syncs on delete cascade,
    path           text        not null,
    kind           text        not null,
    digest         text        not null,                     -- of the path and both versions: an answer counts for nothing else
    left_kind      text,                                     -- null: the side has nothing at the path
    left_id        text,
    left_version   text,
    left_size      bigint,
    left_modified  timestamptz,
    right_kind     text,
    right_id       text,
    right_version  text,
    right_size     bigint,
    right_modified timestamptz,
    opened_at      timestamptz not null default now(),
    answer         text        check (answer in ('apply', 'leave', 'right', 'both')),
    answered_by    text        check (answered_by in ('owner', 'rule')),
    answered_at    timestamptz,
    settled_at     timestamptz,                              -- since then a look finds no difference any more
    taken_back_at  timestamptz
) with (fillfactor = 80);
create unique index sync_conflicts_open on sync_conflicts (sync, path) where settled_at is null;
create index sync_conflicts_number on sync_conflicts (sync, number);
