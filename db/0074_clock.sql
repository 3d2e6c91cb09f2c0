-- When the service clock was advanced last, by the database's clock: several services together add no more time than has passed.
alter table service_clock add column added_at timestamptz not null default clock_timestamp();
