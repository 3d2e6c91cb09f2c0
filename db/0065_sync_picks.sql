-- Items of the left folder that were chosen one by one, in place of all that is in it.
alter table syncs add column left_items text[];              -- null: all of it
