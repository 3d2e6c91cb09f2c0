-- A team space that was removed is nobody's any more; its row stays until the purge of the trash has freed what is in it.
alter table spaces add column removed_at timestamptz;
