-- Adds to the number of a word in an object of numbers.
create function count_word(p_counts jsonb, p_word text, p_more numeric default 1) returns jsonb language sql immutable as $$
    select p_counts || jsonb_build_object(p_word, coalesce((p_counts ->> p_word)::numeric, 0) + p_more)
$$;
