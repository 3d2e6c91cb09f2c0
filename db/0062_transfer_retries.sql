-- How often files of a transfer were tried again after a failure.
alter table transfers add column retries bigint not null default 0;
