-- Whether a file of this name holds what a file manager notes about other files: AppleDouble and Finder's of macOS, two of Windows.
create function is_metadata_name(p_name text) returns boolean language sql immutable as $$
    select starts_with(p_name, '._') or lower(p_name) in ('.ds_store', 'thumbs.db', 'desktop.ini')
$$;
