-- Since a restore from a backup, the base of a pair is older than its sides: the next look asks about what only one side has.
alter table syncs add column restored boolean not null default false;
