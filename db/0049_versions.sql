-- Versions: earlier contents of files that a policy, a name or a conflict keeps for longer than the trash keeps what was replaced.
alter table entry_versions
    add column label       text,                             -- a name for it: it stays as long as its entry
    add column loser       boolean not null default false,   -- replaced by an upload that had begun before it became the content
    add column placeholder boolean not null default false,   -- empty, and replaced by its own subject within a day: no policy keeps it
    add column kept        boolean not null default false,   -- by more than Files:KeepDeleted: not in the trash
    add column due         bigint;                           -- the service clock when the purge examines it; null: the current one
update entry_versions set due = greatest(until_clock, 0) + 604800 where until is not null;
drop index entry_versions_trash, entry_versions_expired;
create index entry_versions_trash on entry_versions (until, entry, number) where until is not null and not kept;
create index entry_versions_expired on entry_versions (until_clock) where until is not null and not kept;
create index entry_versions_due on entry_versions (due) where due is not null;

-- When, by the service clock, the entry came below another policy: by a move, or because the policy of this folder was removed.
alter table entries add column placed_clock bigint;

alter table spaces add column earlier_bytes bigint not null default 0;   -- of all versions but the current ones
update spaces s set earlier_bytes = c.bytes
from (
    select e.space, sum(v.size) as bytes from entry_versions v join entries e on e.id = v.entry where v.until is not null group by e.space
) c
where c.space = s.id;

-- What is kept of the earlier contents of the files in a folder and below it, down to the next folder with a policy. All zeros name the
-- service's own policy, which holds where no folder has one.
create table version_policies (
    folder    uuid        primary key,                       -- the root of a space, or a folder in it
    space     uuid        not null,
    last      int,                                           -- how many at least; null: the service keeps none by policy any more
    hours     int         not null default 0,                -- for so many hours one of each hour, and so on
    days      int         not null default 0,
    weeks     int         not null default 0,
    bytes     bigint,                                        -- at most of a file; null: any number
    set_at    timestamptz not null default now(),
    set_by    text        not null,
    set_clock bigint      not null                           -- the service clock then
);
create index version_policies_space on version_policies (space);
