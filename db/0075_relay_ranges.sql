-- A receiver that took a part of a file straight takes only the rest through the service.
alter table file_transfers add column relay_ranges int8multirange;  -- the ranges of the file that are relayed; null: all of it
