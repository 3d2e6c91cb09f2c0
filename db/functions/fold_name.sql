-- The name without differences of case and form, as entries.folded has it.
create function fold_name(p_name text) returns text language sql immutable as $$
    select lower(normalize(p_name, nfkc) collate "und-x-icu")
$$;
