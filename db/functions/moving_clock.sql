-- The removed_clock of a folder that is being moved to another space: so late that the trash keeps it until the move has ended.
create function moving_clock() returns bigint language sql immutable as $$
    select 9223372036854775807
$$;
