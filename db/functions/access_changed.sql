-- To be called by whatever changes who may do what: every process forgets what it knew within a second.
create function access_changed() returns void language sql as $$
    update access_version set number = number + 1
$$;
