-- Whether an entry is a folder, and neither it nor an ancestor is removed.
create function is_live_folder(p_entry uuid) returns boolean language sql stable as $$
    select exists (select from entries where id = p_entry and kind = 'folder') and entry_path(p_entry) is not null
$$;
