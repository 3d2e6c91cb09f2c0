-- The word "transfer" is for what moves between two storages.
alter table limits rename column transfers to requests_at_once;
