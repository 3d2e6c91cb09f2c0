-- Whether an entry is a folder, and neither it nor an ancestor is removed.
create function is_live_folder(p_entry uuid) returns boolean language sql stable as $$
    select folder_depth(p_entry) is not null
$$;
