-- Identifies a name in a folder of a destination. Names that differ only in case have one claim, because some storages have one file for
-- them.
-- p_place: the folder, the same for all connections that reach it.
create function target_claim(p_place text, p_name text) returns bigint language sql immutable as $$
    select hashtextextended(p_place || E'\n' || lower(p_name collate "und-x-icu"), 47)
$$;
