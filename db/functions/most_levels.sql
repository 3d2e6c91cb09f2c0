-- How many levels below the root an entry may lie when it gets its place: as many as a request can name (TreePath.MaxLevels). Trees that
-- were made deeper by an older version stay readable.
create function most_levels() returns int language sql immutable as $$ select 128 $$;
